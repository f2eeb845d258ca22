import { histogram, type Telemetry } from '@osum/mesh';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Seconds; a recording may take minutes. */
const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Statuses of requests whose client went away before the answer was out: nginx's word for it. */
const clientGone = 499;

/** Measures HTTP requests, named by OpenTelemetry's HTTP conventions. Call the result when a response is over. */
export function createHttpMetrics(
  telemetry: Telemetry,
): (request: FastifyRequest, reply: FastifyReply) => void {
  const seconds = histogram(telemetry, {
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP requests, from the headers to the last byte of the answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets,
  });
  return (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const httpStatus = reply.raw.writableFinished ? reply.raw.statusCode : clientGone;
    seconds.labels(request.method, route, String(httpStatus)).observe(reply.elapsedTime / 1000);
  };
}
