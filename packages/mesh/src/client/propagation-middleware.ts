import { trace as traceApi } from '@opentelemetry/api';
import { type CallOptions, type ClientMiddlewareCall, Metadata } from 'nice-grpc-common';
import { grpcTimeout, remainingMs } from '../deadline/deadline.js';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { tenantHeader } from '../security/tenant-header.js';
import { spanAttributes } from '../telemetry/span-attributes.js';
import { traceIntoMetadata } from '../telemetry/trace-context.js';
import type { MeshCallOptions } from './call-options.js';

/** Name of the header that says how many attempts there were before (gRFC A6). */
export const previousAttemptsHeader = 'grpc-previous-rpc-attempts';

/** Client middleware, one run an attempt: remaining time, trace and tenant as headers. */
export async function* propagationMiddleware<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions & MeshCallOptions,
): MiddlewareResponses<Response> {
  const metadata = Metadata(options.metadata);
  const { deadlineEpochMs = Number.POSITIVE_INFINITY, tenant, trace } = options;
  if (deadlineEpochMs < Number.POSITIVE_INFINITY)
    metadata.set('grpc-timeout', grpcTimeout(remainingMs(deadlineEpochMs)));
  if (tenant !== undefined) metadata.set(tenantHeader, tenant);
  if (trace !== undefined) {
    traceIntoMetadata(trace, metadata);
    const previous = metadata.get(previousAttemptsHeader);
    if (previous !== undefined)
      traceApi.getSpan(trace)?.setAttribute(spanAttributes.attempts, Number(previous) + 1);
  }
  return yield* call.next(call.request, { ...options, metadata });
}
