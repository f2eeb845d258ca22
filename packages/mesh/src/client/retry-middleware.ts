import { type CallOptions, type ClientMiddlewareCall, Metadata } from 'nice-grpc-common';
import { sleep } from '../deadline/abortable.js';
import { remainingMs } from '../deadline/deadline.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import { statusTable } from '../status/status-table.js';
import type { MeshCallOptions } from './call-options.js';
import { previousAttemptsHeader } from './propagation-middleware.js';
import { replayable } from './replay.js';
import type { RetryThrottle } from './retry-throttle.js';

/** How a call is retried (gRFC A6). */
export interface RetryOptions {
  /** Attempts in all, 2 to 5. Default 3. */
  maxAttempts?: number;
  /** Wait before the second attempt, in milliseconds; each later wait is twice as long, all with 20 % jitter. Default 100. */
  initialBackoffMs?: number;
  /** Longest wait, in milliseconds. Default 2000. */
  maxBackoffMs?: number;
  /** Messages of a request stream that are remembered for replay; a longer stream is not retried any more. Default 64. */
  replayMessages?: number;
}

const jitter = 0.2;

/**
 * Client middleware: repeats a call that failed before anything came back with UNAVAILABLE, or with RESOURCE_EXHAUSTED and a pushback:
 * without one nobody says that it will be better later. A pushback replaces the backoff, and a negative one forbids the retry. Never
 * waits past the deadline.
 */
export function retryMiddleware(throttle: RetryThrottle) {
  return async function* retry<Request, Response>(
    call: ClientMiddlewareCall<Request, Response, MeshCallOptions>,
    options: CallOptions & MeshCallOptions,
  ): MiddlewareResponses<Response> {
    if (!options.retry) return yield* call.next(call.request, options);
    const {
      maxAttempts = 3,
      initialBackoffMs = 100,
      maxBackoffMs = 2000,
      replayMessages = 64,
    } = options.retry;
    const replay = call.requestStream ? replayable(call.request, replayMessages) : undefined;
    let backoffMs = initialBackoffMs;
    try {
      for (let attempt = 1; ; attempt++) {
        let committed = false;
        const commit = () => {
          committed = true;
          replay?.commit();
        };
        try {
          const request = replay?.attempt() ?? call.request;
          const responses = call.next(request, attemptOptions(options, attempt, commit));
          const response = yield* committing<Response>(responses, commit);
          throttle.succeeded();
          return response;
        } catch (error) {
          if (!(error instanceof RemoteError) || !mayPass(error)) throw error;
          const mayRetry =
            throttle.failed() && !committed && (replay?.complete ?? true) && attempt < maxAttempts;
          if (!mayRetry || (error.pushbackMs ?? 0) < 0) throw error;
          const waitMs = error.pushbackMs ?? backoffMs * (1 + jitter * (2 * Math.random() - 1));
          backoffMs =
            error.pushbackMs === undefined ? Math.min(maxBackoffMs, 2 * backoffMs) : initialBackoffMs;
          if (waitMs >= remainingMs(options.deadlineEpochMs ?? Number.POSITIVE_INFINITY)) throw error;
          await sleep(waitMs, options.signal);
        }
      }
    } finally {
      replay?.close();
    }
  };
}

/** Whether the cause of a failure may be gone at a later attempt, if the server does not forbid it. */
function mayPass({ code, pushbackMs }: RemoteError): boolean {
  if (code === statusTable.queueFull.code) return pushbackMs !== undefined;
  return code === statusTable.stageUnreachable.code;
}

function attemptOptions(options: CallOptions & MeshCallOptions, attempt: number, commit: () => void) {
  const metadata = Metadata(options.metadata);
  if (attempt > 1) metadata.set(previousAttemptsHeader, String(attempt - 1));
  const onHeader = (header: Metadata) => {
    commit();
    options.onHeader?.(header);
  };
  return { ...options, metadata, onHeader };
}

async function* committing<Response>(
  responses: MiddlewareResponses<Response> | AsyncGenerator<never, Response, undefined>,
  commit: () => void,
): MiddlewareResponses<Response> {
  let finished = false;
  try {
    while (true) {
      const next = await responses.next();
      if (next.done) {
        finished = true;
        return next.value;
      }
      commit();
      yield next.value;
    }
  } finally {
    if (!finished) await responses.return(undefined as never);
  }
}
