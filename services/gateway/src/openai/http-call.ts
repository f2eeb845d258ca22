import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { defaultTenant, MeshError, type Telemetry, tenantHeader, traceFields } from '@osum/mesh';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouterCallOptions } from '../understanding.js';
import { httpSpan } from './http-span.js';

/** An HTTP request that is being answered. */
export interface HttpCall {
  /** Options of the calls to the router that answer it: they end with it. */
  readonly options: RouterCallOptions & { readonly signal: AbortSignal };
  /** A log that names its trace. */
  readonly log: Telemetry['log'];
  /** Ends it: the calls to the router are cancelled for this reason. */
  abort(reason: MeshError): void;
}

/** Envoy's header for the time that it gives a request. */
const envoyTimeoutHeader = 'x-envoy-expected-rq-timeout-ms';

/** A call that lasts until the HTTP client goes away, `maxRequestMs` pass, or the time that Envoy gives the request does. */
export function openHttpCall(
  request: FastifyRequest,
  reply: FastifyReply,
  { maxRequestMs, telemetry }: { readonly maxRequestMs: number; readonly telemetry: Telemetry },
): HttpCall {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new MeshError('callerGone', 'The HTTP client went away.'));
  });
  const tenant = request.headers[tenantHeader];
  const span = httpSpan(request, reply, telemetry.tracer);
  return {
    options: {
      signal: controller.signal,
      deadlineEpochMs: Date.now() + Math.min(maxRequestMs, expectedMs(request)),
      tenant: typeof tenant === 'string' ? tenant : defaultTenant,
      trace: trace.setSpan(ROOT_CONTEXT, span),
    },
    log: telemetry.log.child(traceFields(span)),
    abort: (reason) => controller.abort(reason),
  };
}

function expectedMs({ headers }: FastifyRequest): number {
  const value = Number(headers[envoyTimeoutHeader]);
  return value > 0 ? value : Number.POSITIVE_INFINITY;
}
