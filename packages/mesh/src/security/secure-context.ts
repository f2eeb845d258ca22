import type { SecureContextOptions } from 'node:tls';
import type { KeyMaterial } from './key-material.js';

/** How long a caller may take for its TLS handshake, in milliseconds: one that dawdles holds a socket and memory. */
export const handshakeTimeoutMs = 10_000;

/** Key material in the words of Node's TLS servers. */
export function secureContext({ certificate, privateKey, authorities }: KeyMaterial): SecureContextOptions {
  return {
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
    ...(authorities && { ca: authorities }),
  };
}
