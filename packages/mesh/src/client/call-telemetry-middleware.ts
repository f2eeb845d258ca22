import { status } from '@grpc/grpc-js';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { CallOptions, ClientMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import {
  callAttributes,
  callLabels,
  callLabelValues,
  endCallSpan,
  isTraced,
  methodFromPath,
} from '../telemetry/call-span.js';
import { callSecondsBuckets, histogram } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { MeshCallOptions } from './call-options.js';

/**
 * Client middleware, by the address that is called, around all attempts of a call: its span, which is the parent of what the server
 * does, and its duration.
 */
export function createCallTelemetry(telemetry: Telemetry) {
  const seconds = histogram(telemetry, {
    name: 'rpc_client_call_duration_seconds',
    help: 'Duration of calls to other services, all attempts and the waits between them together.',
    labelNames: callLabels,
    buckets: callSecondsBuckets,
  });

  return (address: string) =>
    async function* callTelemetry<Request, Response>(
      call: ClientMiddlewareCall<Request, Response, MeshCallOptions>,
      options: CallOptions & MeshCallOptions,
    ): MiddlewareResponses<Response> {
      const { path } = call.method;
      if (!isTraced(path)) return yield* call.next(call.request, options);
      const parent = options.trace ?? ROOT_CONTEXT;
      const attributes = callAttributes(path, 'client', address);
      const span = telemetry.tracer.startSpan(
        methodFromPath(path),
        { kind: SpanKind.CLIENT, attributes },
        parent,
      );
      const began = performance.now();
      // Stays if the caller stops reading: the generator is then closed without an error.
      let code: number = status.CANCELLED;
      try {
        const response = yield* call.next(call.request, { ...options, trace: trace.setSpan(parent, span) });
        code = status.OK;
        return response;
      } catch (error) {
        code = error instanceof RemoteError ? error.code : status.CANCELLED;
        throw error;
      } finally {
        const end = { side: 'client', code } as const;
        endCallSpan(span, end);
        seconds.observe(callLabelValues(path, end), (performance.now() - began) / 1000);
      }
    };
}
