import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { type Peer, peerOfCertificate } from './peer.js';

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
            metadata.set(peerKey, peerOfCertificate(sslPeerCertificate).spiffeId ?? nobody);
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
