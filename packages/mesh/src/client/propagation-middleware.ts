import { status } from '@grpc/grpc-js';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace as traceApi } from '@opentelemetry/api';
import { type CallOptions, type ClientMiddlewareCall, Metadata } from 'nice-grpc-common';
import { grpcTimeout, remainingMs } from '../deadline/deadline.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { tenantHeader } from '../server/mesh-context.js';
import { RemoteError } from '../status/remote-error.js';
import { traceIntoMetadata } from '../telemetry/trace-context.js';
import type { MeshCallOptions } from './call-options.js';

/** Client middleware, one run an attempt: a span, and remaining time, trace and tenant as headers. */
export function propagationMiddleware(tracer: Tracer, address: string) {
  return async function* propagation<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions & MeshCallOptions,
  ): MiddlewareResponses<Response> {
    const method = call.method.path.slice(1);
    const parent = options.trace ?? ROOT_CONTEXT;
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method, ...serverAttributes(address) };
    const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent);
    const metadata = Metadata(options.metadata);
    const { deadlineEpochMs = Number.POSITIVE_INFINITY, tenant } = options;
    if (deadlineEpochMs < Number.POSITIVE_INFINITY)
      metadata.set('grpc-timeout', grpcTimeout(remainingMs(deadlineEpochMs)));
    if (tenant !== undefined) metadata.set(tenantHeader, tenant);
    traceIntoMetadata(traceApi.setSpan(parent, span), metadata);
    let code: number = status.CANCELLED;
    try {
      const response = yield* call.next(call.request, { ...options, metadata });
      code = status.OK;
      return response;
    } catch (error) {
      code = error instanceof RemoteError ? error.code : status.CANCELLED;
      throw error;
    } finally {
      const name = status[code] ?? String(code);
      span.setAttribute('rpc.status_code', name);
      if (code !== status.OK) {
        span.setAttribute('error.type', name);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    }
  };
}

function serverAttributes(address: string): Record<string, string | number> {
  const colon = address.lastIndexOf(':');
  return { 'server.address': address.slice(0, colon), 'server.port': Number(address.slice(colon + 1)) };
}
