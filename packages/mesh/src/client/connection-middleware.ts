import { type Channel, connectivityState } from '@grpc/grpc-js';
import type { CallOptions, ClientMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import type { MeshCallOptions } from './call-options.js';

/**
 * Client middleware: a call that finds a connection which failed and is being made again waits for it as long as `connectMs` says
 * (gRPC's "wait for ready", with a bound). A first connection needs none of this: gRPC lets calls wait for its outcome.
 */
export function connectionMiddleware(channel: Channel) {
  return async function* connection<Request, Response>(
    call: ClientMiddlewareCall<Request, Response, MeshCallOptions>,
    options: CallOptions & MeshCallOptions,
  ): MiddlewareResponses<Response> {
    if (options.connectMs) await connecting(channel, options.connectMs, options.signal);
    return yield* call.next(call.request, options);
  };
}

// Whatever ends the wait, the call that follows tells its outcome: connected, refused, cancelled or late.
async function connecting(channel: Channel, connectMs: number, signal?: AbortSignal): Promise<void> {
  const failing = connectivityState.TRANSIENT_FAILURE;
  if (signal?.aborted || channel.getConnectivityState(true) !== failing) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      signal?.removeEventListener('abort', end);
      resolve();
    };
    signal?.addEventListener('abort', end, { once: true });
    channel.watchConnectivityState(failing, Date.now() + connectMs, end);
  });
}
