import { isIP } from 'node:net';
import { type CallCredentials, ChannelCredentials, type ChannelOptions, experimental } from '@grpc/grpc-js';
import type { KeyStore } from './key-store.js';
import { isAccepted, spiffeIdOf } from './spiffe-id.js';

/**
 * mTLS for channels, from a key store: connections made after a change show the new certificate and trust the new authorities.
 *
 * @param servers identities that a server may have. Without any, the certificate must be of the host name that is called.
 */
export function keyStoreChannelCredentials(store: KeyStore, servers: readonly string[]): ChannelCredentials {
  const provider = certificateProvider(store);
  const create = experimental.createCertificateProviderChannelCredentials;
  if (servers.length === 0) return create(provider, provider);
  return new IdentityCredentials(create(provider, provider, { checkServerIdentity: identityCheck(servers) }));
}

const serverNameOption = 'grpc.ssl_target_name_override';

/** Credentials that look at identities. The name of the server does not matter then, and an IP address must not be sent as one. */
class IdentityCredentials extends ChannelCredentials {
  constructor(private readonly inner: ChannelCredentials) {
    super();
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    target: experimental.GrpcUri,
    options: ChannelOptions,
    callCredentials?: CallCredentials,
  ): experimental.SecureConnector {
    const host = experimental.splitHostPort(target.path)?.host ?? target.path;
    const named = isIP(host) === 0 ? options : { ...options, [serverNameOption]: 'localhost' };
    return this.inner._createSecureConnector(target, named, callCredentials);
  }
}

function identityCheck(servers: readonly string[]) {
  return (_host: string, certificate: { subjectaltname?: string | undefined }): Error | undefined => {
    const { subjectaltname } = certificate;
    const id = subjectaltname === undefined ? undefined : spiffeIdOf({ subjectaltname });
    if (id !== undefined && isAccepted(servers, id)) return undefined;
    return new Error(
      `the server shows ${id === undefined ? 'no SPIFFE identity' : `the identity ${id}`}, expected ${servers.join(' or ')}`,
    );
  };
}

/** A key store in the words of grpc-js. */
function certificateProvider(store: KeyStore): experimental.CertificateProvider {
  const ends = new Map<unknown, () => void>();
  const follow = <Update>(listener: (update: Update) => void, read: () => Update) => {
    const tell = () => listener(read());
    ends.set(listener, store.onChange(tell));
    process.nextTick(tell);
  };
  const unfollow = (listener: unknown) => {
    ends.get(listener)?.();
    ends.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) =>
      follow(listener, () => {
        const { authorities } = store.current;
        return authorities === undefined ? null : { caCertificate: authorities };
      }),
    removeCaCertificateListener: unfollow,
    addIdentityCertificateListener: (listener) =>
      follow(listener, () => {
        const { certificate, privateKey } = store.current;
        return { certificate, privateKey };
      }),
    removeIdentityCertificateListener: unfollow,
  };
}
