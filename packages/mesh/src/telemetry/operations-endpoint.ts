import { createServer, type ServerResponse } from 'node:http';
import { health } from '@osum/proto';
import type { HealthRegistry } from '../health/health-registry.js';
import type { Telemetry } from './telemetry.js';

/** The HTTP endpoint of a process for probes and Prometheus. */
export interface OperationsEndpoint {
  /** `host:port` it listens on. */
  readonly address: string;
  close(): Promise<void>;
}

/** Options of {@link startOperationsEndpoint}. */
export interface OperationsEndpointOptions {
  /** `host:port`; port 0 picks a free one. */
  listen: string;
  telemetry: Telemetry;
  /** The servers of the process: it is ready when all of them serve. */
  health: readonly HealthRegistry[];
}

const { SERVING } = health.HealthCheckResponse_ServingStatus;

/** Serves `/metrics` (Prometheus text), `/healthz` (the process answers) and `/readyz` (it serves; 503 while it does not). */
export async function startOperationsEndpoint(
  options: OperationsEndpointOptions,
): Promise<OperationsEndpoint> {
  const { registry } = options.telemetry;
  const server = createServer((request, response) => {
    switch (request.method === 'GET' ? request.url : undefined) {
      case '/metrics':
        registry.metrics().then(
          (text) => answer(response, 200, text, registry.contentType),
          () => answer(response, 500, 'the metrics could not be collected\n'),
        );
        break;
      case '/healthz':
        answer(response, 200, 'ok\n');
        break;
      case '/readyz': {
        const ready = options.health.every((server) => server.get('') === SERVING);
        answer(response, ready ? 200 : 503, ready ? 'ok\n' : 'not serving\n');
        break;
      }
      default:
        answer(response, 404, 'GET /metrics, /healthz or /readyz\n');
    }
  });
  const colon = options.listen.lastIndexOf(':');
  const host = options.listen.slice(0, colon);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(options.listen.slice(colon + 1)), host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  response: ServerResponse,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(code, { 'content-type': type });
  response.end(text);
}
