import type { ServerMiddlewareCall } from 'nice-grpc-common';
import { linkSignals } from '../deadline/linked-signal.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { MeshError } from '../status/mesh-error.js';
import type { MeshContext } from './mesh-context.js';

/**
 * Server middleware, the innermost: gives up calls whose caller has not taken the next answer for `maxUnreadMs`. The handler is closed at
 * once, so that it holds nothing; the status waits until the caller reads again, or leaves.
 */
export function unreadGuardMiddleware(maxUnreadMs: number) {
  return async function* unreadGuard<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, MeshContext>,
    context: MeshContext,
  ): MiddlewareResponses<Response> {
    const linked = linkSignals(context.signal);
    const responses = call.next(call.request, { ...context, signal: linked.signal });
    let given: MeshError | undefined;
    const giveUp = () => {
      given = unread(maxUnreadMs);
      linked.abort(given);
      // It waits at the answer that nobody takes, so this runs its `finally`.
      responses.return(undefined as never).catch(() => {});
    };
    try {
      while (true) {
        const next = await responses.next();
        if (given !== undefined) throw given;
        if (next.done) return next.value as Response;
        const timer = setTimeout(giveUp, maxUnreadMs);
        try {
          yield next.value;
        } finally {
          clearTimeout(timer);
        }
      }
    } finally {
      linked.unlink();
      await responses.return(undefined as never);
    }
  };
}

function unread(maxUnreadMs: number): MeshError {
  return new MeshError(
    'requestStalled',
    `The answers were not read for ${maxUnreadMs} ms, so the call was given up; read them as they come.`,
    { facts: { limitMs: String(maxUnreadMs) } },
  );
}
