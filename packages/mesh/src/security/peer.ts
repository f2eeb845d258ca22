import { TLSSocket } from 'node:tls';
import { spiffeIdOf } from './spiffe-id.js';

/** What the connection of a call proves. */
export interface Peer {
  /** Identity in the caller's certificate, which an authority has vouched for; undefined if it has none. */
  readonly spiffeId: string | undefined;
}

/** The peer that a verified certificate proves. */
export function peerOfCertificate({ subjectaltname }: { subjectaltname?: string | undefined }): Peer {
  return { spiffeId: subjectaltname === undefined ? undefined : spiffeIdOf({ subjectaltname }) };
}

/** The peer at the other end of a socket; undefined in plaintext, or without a certificate that an authority has vouched for. */
export function peerOfSocket(socket: unknown): Peer | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  return peerOfCertificate(socket.getPeerCertificate());
}
