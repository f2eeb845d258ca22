import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultTenant, MeshError, tenantHeader } from '@osum/mesh';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouterCallOptions } from '../understanding.js';

/** An HTTP request that is being answered. */
export interface HttpCall {
  /** Options of the calls to the router that answer it: they end with it. */
  readonly options: RouterCallOptions & { readonly signal: AbortSignal };
  /** Ends it: the calls to the router are cancelled for this reason. */
  abort(reason: MeshError): void;
}

const propagator = new W3CTraceContextPropagator();

/** Envoy's header for the time that it gives a request. */
const envoyTimeoutHeader = 'x-envoy-expected-rq-timeout-ms';

/** A call that lasts until the HTTP client goes away, `maxRequestMs` pass, or the time that Envoy gives the request does. */
export function openHttpCall(request: FastifyRequest, reply: FastifyReply, maxRequestMs: number): HttpCall {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (reply.raw.writableFinished) return;
    controller.abort(new MeshError('callerGone', 'The HTTP client went away.'));
  });
  const tenant = request.headers[tenantHeader];
  return {
    options: {
      signal: controller.signal,
      deadlineEpochMs: Date.now() + Math.min(maxRequestMs, expectedMs(request)),
      tenant: typeof tenant === 'string' ? tenant : defaultTenant,
      trace: propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter),
    },
    abort: (reason) => controller.abort(reason),
  };
}

function expectedMs({ headers }: FastifyRequest): number {
  const value = Number(headers[envoyTimeoutHeader]);
  return value > 0 ? value : Number.POSITIVE_INFINITY;
}
