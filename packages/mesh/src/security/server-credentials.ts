import type { SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { KeyMaterial } from './key-material.js';
import type { KeyStore } from './key-store.js';

/**
 * What a server asks of its callers' certificates: `required` ends the handshake of whoever has none that an authority vouches for,
 * `optional` takes them without an identity.
 */
export type ClientCertificates = 'required' | 'optional';

/** TLS for a server, from a key store: connections made after a change show the new certificate, those before it live on. */
export function keyStoreServerCredentials(
  store: KeyStore,
  certificates: ClientCertificates,
): ServerCredentials {
  return new KeyStoreServerCredentials(store, certificates);
}

// A caller that opens a connection and then dawdles holds memory and a socket.
const handshakeTimeoutMs = 10_000;
const minVersion = 'TLSv1.2';

// grpc-js's own reloading credentials stop serving while a certificate and its key do not fit, and set no time for the handshake.
class KeyStoreServerCredentials extends ServerCredentials {
  constructor(store: KeyStore, certificates: ClientCertificates) {
    super(
      {
        requestCert: true,
        rejectUnauthorized: certificates === 'required',
        handshakeTimeout: handshakeTimeoutMs,
      },
      secureContext(store.current),
    );
    store.onChange((material) => this.updateSecureContextOptions(secureContext(material)));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function secureContext({ certificate, privateKey, authorities }: KeyMaterial): SecureContextOptions {
  return { cert: certificate, key: privateKey, minVersion, ...(authorities && { ca: authorities }) };
}
