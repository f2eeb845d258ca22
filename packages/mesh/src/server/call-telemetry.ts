import { status } from '@grpc/grpc-js';
import { isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ServerError, type ServerMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { callSecondsBuckets, gauge, histogram } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { MeshContext } from './mesh-context.js';

/**
 * Server middleware: a span, a duration and a log line for each call, named by the RPC semantic conventions. Messages are never
 * recorded.
 */
export function callTelemetryMiddleware(telemetry: Telemetry) {
  const seconds = histogram(telemetry, {
    name: 'rpc_server_call_duration_seconds',
    help: 'Duration of served calls, from the headers to the status.',
    labelNames: ['rpc_method', 'rpc_status_code'],
    buckets: callSecondsBuckets,
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
    const method = call.method.path.slice(1);
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method };
    const span = telemetry.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, context.trace);
    const spanContext = span.spanContext();
    const traceId = isSpanContextValid(spanContext) ? { traceId: spanContext.traceId } : {};
    const log = telemetry.log.child({ rpc: method, tenant: context.tenant, ...traceId });
    const began = performance.now();
    // Stays if the caller leaves: the generator is then closed without an error.
    let code: number = status.CANCELLED;
    active.inc({ rpc_method: method });
    try {
      const spanned = { ...context, trace: trace.setSpan(context.trace, span), log };
      const response = yield* call.next(call.request, spanned);
      code = status.OK;
      return response;
    } catch (error) {
      code = error instanceof ServerError ? error.code : status.UNKNOWN;
      throw error;
    } finally {
      const name = status[code] ?? String(code);
      const durationMs = performance.now() - began;
      span.setAttribute('rpc.status_code', name);
      if (code !== status.OK) {
        span.setAttribute('error.type', name);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
      active.dec({ rpc_method: method });
      seconds.observe({ rpc_method: method, rpc_status_code: name }, durationMs / 1000);
      log.debug({ code: name, durationMs: Math.round(durationMs) }, 'call ended');
    }
  };
}
