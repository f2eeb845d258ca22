import type { Context as TraceContext, Tracer } from '@opentelemetry/api';
import type { CallContext, ServerMiddlewareCall } from 'nice-grpc-common';
import type { Logger } from 'pino';
import { abortable } from '../deadline/abortable.js';
import { remainingMs } from '../deadline/deadline.js';
import { takeDeadline } from '../deadline/deadline-interceptor.js';
import { linkSignals } from '../deadline/linked-signal.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { MeshError } from '../status/mesh-error.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { traceFromMetadata } from '../telemetry/trace-context.js';

/** Name of the request header that names the tenant. */
export const tenantHeader = 'osum-tenant';
/** Tenant of calls without the header. */
export const defaultTenant = 'default';

/** What a handler knows of its call. Its signal aborts when the caller leaves, the deadline passes, or a drain runs out of time. */
export interface MeshContext extends CallContext {
  /** When the call must be over, in milliseconds since the epoch; Infinity if the caller set no deadline. */
  readonly deadlineEpochMs: number;
  /** Who the work is for. */
  readonly tenant: string;
  /** The trace that the call belongs to. */
  readonly trace: TraceContext;
  /** For spans within the call. */
  readonly tracer: Tracer;
  /** A log that names the call. Never log audio, and instructions or transcripts only if `captureContent`. */
  readonly log: Logger;
  /** Whether instructions and transcripts may go into traces and logs. */
  readonly captureContent: boolean;
}

// The library ends a call at its deadline with a bare text. Giving up a moment before lets the status name stage and budget.
const deadlineMarginMs = 10;
const longestTimerMs = 2 ** 31 - 1;

/** Server middleware, the outermost: makes the {@link MeshContext}, and ends reading of requests when the call ends. */
export function meshContextMiddleware(telemetry: Telemetry, drained: AbortSignal) {
  return async function* meshContext<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, MeshContext>,
    context: CallContext,
  ): MiddlewareResponses<Response> {
    const deadlineEpochMs = takeDeadline(context.metadata);
    const budgetMs = remainingMs(deadlineEpochMs);
    const linked = linkSignals(context.signal, drained);
    const timer =
      budgetMs < longestTimerMs
        ? setTimeout(
            () => linked.abort(deadlinePassed(telemetry.name, budgetMs)),
            budgetMs - deadlineMarginMs,
          )
        : undefined;
    const extended: MeshContext = {
      ...context,
      signal: linked.signal,
      deadlineEpochMs,
      tenant: context.metadata.get(tenantHeader) ?? defaultTenant,
      trace: traceFromMetadata(context.metadata),
      tracer: telemetry.tracer,
      log: telemetry.log,
      captureContent: telemetry.captureContent,
    };
    try {
      const request = call.requestStream ? abortable(call.request, linked.signal) : call.request;
      return yield* call.next(request, extended);
    } finally {
      clearTimeout(timer);
      linked.unlink();
    }
  };
}

function deadlinePassed(stage: string, budgetMs: number): MeshError {
  return new MeshError(
    'deadlinePassed',
    `The deadline passed in ${stage}; the call had ${budgetMs} ms left when it came.`,
    {
      facts: { stage, budgetMs: String(budgetMs) },
    },
  );
}
