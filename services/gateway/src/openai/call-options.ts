import { defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouterCallOptions } from '../understanding.js';

const propagator = new W3CTraceContextPropagator();

/** Options of the call to the router for one HTTP request: its trace, and an end when the HTTP client goes away. */
export function callOptionsOf(request: FastifyRequest, reply: FastifyReply): RouterCallOptions {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the HTTP client went away'));
  });
  return {
    signal: controller.signal,
    trace: propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter),
  };
}
