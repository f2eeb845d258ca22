import type { ChannelCredentials } from '@grpc/grpc-js';

/** How a client proves who it is, and checks whom it talks to. */
export interface CredentialOptions {
  /**
   * Transport security: `ChannelCredentials.createSsl(rootCertificates, privateKey?, certificateChain?)` of `@grpc/grpc-js` for TLS, and with key and
   * chain for mTLS. Default: plaintext.
   */
  credentials?: ChannelCredentials;
  /** Sent with every call as the header `x-api-key`. */
  apiKey?: string;
  /** Sent with every call as the header `authorization: Bearer ...`. A function is asked once a call, so that it may renew the token. */
  token?: string | (() => string | Promise<string>);
}

/** Headers of one call. */
export type SecretHeaders = Readonly<Record<string, string>>;

/**
 * Gives the headers that carry the key and the token.
 *
 * @throws TypeError if there is a secret that would travel over a network in plaintext.
 */
export function secretHeaders(address: string, options: CredentialOptions): () => Promise<SecretHeaders> {
  const { credentials, apiKey, token } = options;
  const secret = apiKey !== undefined || token !== undefined;
  if (secret && !credentials?._isSecure() && !isLoopback(address)) {
    throw new TypeError(
      `apiKey and token are sent over TLS only, and ${address} would be called in plaintext: give credentials, such as ChannelCredentials.createSsl()`,
    );
  }
  return async () => ({
    ...(apiKey !== undefined && { 'x-api-key': apiKey }),
    ...(token !== undefined && {
      authorization: `Bearer ${typeof token === 'function' ? await token() : token}`,
    }),
  });
}

/** Whether `host:port` never leaves this machine: there, a sidecar may do the TLS. */
function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]):\d+$/.test(address) || address.startsWith('unix:');
}
