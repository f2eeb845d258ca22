import { status } from '@grpc/grpc-js';
import { type Span, SpanKind, trace } from '@opentelemetry/api';
import { ServerError, type ServerMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import {
  callAttributes,
  callLabels,
  callLabelValues,
  endCallSpan,
  isTraced,
  methodFromPath,
  statusName,
} from '../telemetry/call-span.js';
import { callSecondsBuckets, gauge, histogram, observeWithTrace } from '../telemetry/metrics.js';
import { spanAttributes } from '../telemetry/span-attributes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { traceFields } from '../telemetry/trace-fields.js';
import type { MeshContext } from './mesh-context.js';

/**
 * Server middleware: a span, a duration and a log line for each call, named by the RPC semantic conventions. Messages are never
 * recorded.
 */
export function callTelemetryMiddleware(telemetry: Telemetry) {
  const seconds = histogram(telemetry, {
    name: 'rpc_server_call_duration_seconds',
    help: 'Duration of served calls, from the headers to the status.',
    labelNames: callLabels,
    buckets: callSecondsBuckets,
    enableExemplars: true,
  });
  const active = gauge(telemetry, {
    name: 'osum_server_active_calls',
    help: 'Calls that are being served.',
    labelNames: ['rpc_method'],
  });

  return async function* callTelemetry<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, MeshContext>,
    context: MeshContext,
  ): MiddlewareResponses<Response> {
    const { path } = call.method;
    const method = methodFromPath(path);
    const span = isTraced(path) ? startSpan(path, context) : undefined;
    const log = context.log.child({ rpc: method, tenant: context.tenant, ...traceFields(span) });
    const began = performance.now();
    // Stays if the caller leaves: the generator is then closed without an error.
    let code: number = status.CANCELLED;
    active.inc({ rpc_method: method });
    try {
      const spanned =
        span === undefined
          ? { ...context, log }
          : { ...context, log, trace: trace.setSpan(context.trace, span) };
      const response = yield* call.next(call.request, spanned);
      code = status.OK;
      return response;
    } catch (error) {
      code = error instanceof ServerError ? error.code : status.UNKNOWN;
      throw error;
    } finally {
      const end = { side: 'server', code } as const;
      const durationMs = performance.now() - began;
      if (span !== undefined) endCallSpan(span, end);
      active.dec({ rpc_method: method });
      observeWithTrace(seconds, callLabelValues(path, end), durationMs / 1000, span);
      log.debug({ code: statusName(code), durationMs: Math.round(durationMs) }, 'call ended');
    }
  };
}

function startSpan(path: string, { tracer, trace: parent, peer, tenant }: MeshContext): Span {
  const attributes = { ...callAttributes(path, 'server', peer), [spanAttributes.tenant]: tenant };
  return tracer.startSpan(methodFromPath(path), { kind: SpanKind.SERVER, attributes }, parent);
}
