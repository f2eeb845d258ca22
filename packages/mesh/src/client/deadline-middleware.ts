import type { CallOptions, ClientMiddlewareCall } from 'nice-grpc-common';
import { remainingMs } from '../deadline/deadline.js';
import { linkSignals } from '../deadline/linked-signal.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import { statusTable } from '../status/status-table.js';
import type { MeshCallOptions } from './call-options.js';

const longestTimerMs = 2 ** 31 - 1;

/** Client middleware, the outermost: fixes the deadline of the call, which all attempts share, and ends the call when it passes. */
export async function* deadlineMiddleware<Request, Response>(
  call: ClientMiddlewareCall<Request, Response, MeshCallOptions>,
  options: CallOptions & MeshCallOptions,
): MiddlewareResponses<Response> {
  const { timeoutMs = Number.POSITIVE_INFINITY } = options;
  const deadlineEpochMs = Math.min(
    options.deadlineEpochMs ?? Number.POSITIVE_INFINITY,
    Date.now() + timeoutMs,
  );
  const budgetMs = remainingMs(deadlineEpochMs);
  if (budgetMs > longestTimerMs) return yield* call.next(call.request, { ...options, deadlineEpochMs });

  const linked = linkSignals(options.signal);
  let passed = budgetMs === 0;
  const timer = setTimeout(() => {
    passed = true;
    linked.abort(new Error('deadline'));
  }, budgetMs);
  try {
    if (passed) throw deadlinePassed(call.method.path, budgetMs);
    return yield* call.next(call.request, { ...options, deadlineEpochMs, signal: linked.signal });
  } catch (error) {
    throw passed && !(error instanceof RemoteError) ? deadlinePassed(call.method.path, budgetMs) : error;
  } finally {
    clearTimeout(timer);
    linked.unlink();
  }
}

function deadlinePassed(path: string, budgetMs: number): RemoteError {
  const message = `The deadline passed; the call had ${budgetMs} ms.`;
  return new RemoteError(path, statusTable.deadlinePassed.code, message, {
    kind: 'deadlinePassed',
    facts: { budgetMs: String(budgetMs) },
  });
}
