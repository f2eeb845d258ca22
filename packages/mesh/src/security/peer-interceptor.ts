import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { spiffeIdOf } from './spiffe-id.js';

/** What the connection of a call proves. */
export interface Peer {
  /** Identity in the caller's certificate, which an authority has vouched for; undefined if it has none. */
  readonly spiffeId: string | undefined;
}

// nice-grpc shows handlers the metadata of a call, not its connection.
const peerKey = 'osum-internal-peer';
const nobody = '-';

/** Puts the verified certificate's identity of each call into its metadata, where {@link takePeer} finds it. A caller cannot forge it. */
export const peerInterceptor: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, proceed) {
          metadata.remove(peerKey);
          const { sslPeerCertificate } = call.getAuthContext();
          if (sslPeerCertificate !== undefined) {
            const { subjectaltname } = sslPeerCertificate;
            const id = subjectaltname === undefined ? undefined : spiffeIdOf({ subjectaltname });
            metadata.set(peerKey, id ?? nobody);
          }
          proceed(metadata);
        },
      }),
  });

/** The peer of a call, taken off its metadata; undefined without a certificate that an authority has vouched for. */
export function takePeer(metadata: {
  get(key: string): unknown;
  delete(key: string): void;
}): Peer | undefined {
  const text = metadata.get(peerKey);
  metadata.delete(peerKey);
  if (typeof text !== 'string') return undefined;
  return { spiffeId: text === nobody ? undefined : text };
}
