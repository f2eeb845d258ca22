import type { Context as TraceContext, Tracer } from '@opentelemetry/api';
import type { CallContext, ServerMiddlewareCall } from 'nice-grpc-common';
import type { Logger } from 'pino';
import { abortable } from '../deadline/abortable.js';
import { remainingMs } from '../deadline/deadline.js';
import { takeDeadline } from '../deadline/deadline-interceptor.js';
import { linkSignals } from '../deadline/linked-signal.js';
import { type Pace, paced } from '../deadline/paced.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import type { Authenticate } from '../security/authenticate.js';
import { MeshError } from '../status/mesh-error.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { traceFromMetadata } from '../telemetry/trace-context.js';
import { identifiedCaller } from './identified-caller.js';

/** What a handler knows of its call. Its signal aborts when the caller leaves, the deadline passes, or a drain runs out of time. */
export interface MeshContext extends CallContext {
  /** When the call must be over, in milliseconds since the epoch; Infinity if the caller set no deadline. */
  readonly deadlineEpochMs: number;
  /** Who the work is for, as the server's `authenticate` found out. */
  readonly tenant: string;
  /** The trace that the call belongs to. */
  readonly trace: TraceContext;
  /** For spans within the call. */
  readonly tracer: Tracer;
  /** A log that names the call. Never log audio, and instructions or transcripts only if `captureContent`. */
  readonly log: Logger;
  /** Whether instructions and transcripts may go into traces and logs. */
  readonly captureContent: boolean;
  /** Why the call is refused. No handler gets such a call. */
  readonly refusal?: unknown;
}

/** What a server makes of its calls. */
export interface CallRules {
  readonly telemetry: Telemetry;
  /** Aborts when a drain runs out of time. */
  readonly drained: AbortSignal;
  readonly authenticate: Authenticate;
  readonly maxHeaderBytes: number;
  /** How long callers may keep the server waiting. */
  readonly pace: Pace;
}

// The library ends a call at its deadline with a bare text. Giving up a moment before lets the status name stage and budget.
const deadlineMarginMs = 10;
const longestTimerMs = 2 ** 31 - 1;

/** Server middleware, the outermost: makes the {@link MeshContext}, and ends reading of requests when the call ends. */
export function meshContextMiddleware(rules: CallRules) {
  const { telemetry, drained, authenticate, maxHeaderBytes, pace } = rules;
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
    try {
      const extended: MeshContext = {
        ...context,
        signal: linked.signal,
        deadlineEpochMs,
        ...(await identifiedCaller(context, authenticate, maxHeaderBytes)),
        trace: traceFromMetadata(context.metadata),
        tracer: telemetry.tracer,
        log: telemetry.log,
        captureContent: telemetry.captureContent,
      };
      const request = call.requestStream ? paced(abortable(call.request, linked.signal), pace) : call.request;
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
