import type { MeshCallOptions } from '@osum/mesh';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Options of the call to the router for one HTTP request: it ends when the HTTP client goes away. */
export function callOptionsOf(request: FastifyRequest, reply: FastifyReply): MeshCallOptions {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the HTTP client went away'));
  });
  const { traceparent, tracestate } = request.headers;
  const metadata = {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
  return { signal: controller.signal, metadata };
}
