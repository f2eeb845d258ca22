import { ServerCredentials } from '@grpc/grpc-js';
import type { KeyStore } from './key-store.js';
import { handshakeTimeoutMs, secureContext } from './secure-context.js';

/**
 * What a server asks of its callers' certificates: `required` ends the handshake of whoever has none that an authority vouches for,
 * `optional` takes them without an identity.
 */
export type ClientCertificates = 'required' | 'optional';

/**
 * TLS for a server, from a key store: connections made after a change show the new certificate, those before it live on. A caller whose
 * handshake takes longer than `timeoutMs` is hung up on.
 */
export function keyStoreServerCredentials(
  store: KeyStore,
  certificates: ClientCertificates,
  timeoutMs = handshakeTimeoutMs,
): ServerCredentials {
  return new KeyStoreServerCredentials(store, certificates, timeoutMs);
}

// grpc-js's own reloading credentials stop serving while a certificate and its key do not fit, and set no time for the handshake.
class KeyStoreServerCredentials extends ServerCredentials {
  constructor(store: KeyStore, certificates: ClientCertificates, handshakeTimeout: number) {
    super(
      {
        requestCert: store.current.authorities !== undefined,
        rejectUnauthorized: certificates === 'required',
        handshakeTimeout,
      },
      secureContext(store.current),
    );
    store.onChange((material) => this.updateSecureContextOptions(secureContext(material)));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
