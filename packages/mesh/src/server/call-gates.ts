import type { ServerMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import type { MeshContext } from './mesh-context.js';

/** Server middleware: throws why a call is refused, if it is. */
export async function* refusalGateMiddleware<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: MeshContext,
): MiddlewareResponses<Response> {
  if (context.refusal !== undefined) throw context.refusal;
  return yield* call.next(call.request, context);
}

/** Server middleware: refuses calls that come after a drain began, with the reason of `drainStarted`. */
export function drainGateMiddleware(drainStarted: AbortSignal) {
  return async function* drainGate<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: MeshContext,
  ): MiddlewareResponses<Response> {
    drainStarted.throwIfAborted();
    return yield* call.next(call.request, context);
  };
}
