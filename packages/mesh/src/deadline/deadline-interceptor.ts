import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

// grpc-js takes `grpc-timeout` off the metadata, and nice-grpc does not show the deadline that it became.
const deadlineKey = 'osum-internal-deadline';

/** Puts the deadline of each call into its metadata, where {@link takeDeadline} finds it. A caller cannot forge it. */
export const deadlineInterceptor: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, proceed) {
          metadata.remove(deadlineKey);
          const deadline = Number(call.getDeadline());
          if (Number.isFinite(deadline)) metadata.set(deadlineKey, String(deadline));
          proceed(metadata);
        },
      }),
  });

/** The deadline of a call as milliseconds since the epoch, taken off its metadata; Infinity if there is none. */
export function takeDeadline(metadata: { get(key: string): unknown; delete(key: string): void }): number {
  const text = metadata.get(deadlineKey);
  metadata.delete(deadlineKey);
  return typeof text === 'string' ? Number(text) : Number.POSITIVE_INFINITY;
}
