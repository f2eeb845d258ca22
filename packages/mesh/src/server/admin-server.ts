import type { DescService } from '@bufbuild/protobuf';
import { ServerCredentials } from '@grpc/grpc-js';
import type { HealthRegistry } from '../health/health-registry.js';
import { healthService } from '../health/health-service.js';
import { reflectionServices } from '../reflection/reflection-service.js';
import { callerByHeader } from '../security/authenticate.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { createKitServer } from './kit-server.js';

/** Options of {@link startAdminServer}. */
export interface AdminServerOptions {
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  readonly telemetry: Telemetry;
  /** Health of the server that is administered. */
  readonly health: HealthRegistry;
  /** Services of that server, to be described. */
  readonly services: readonly DescService[];
  /** Aborts when that server begins to drain. */
  readonly drainStarted: AbortSignal;
}

/** The calls of operators and probes, apart from those of users. */
export interface AdminServer {
  /** `host:port` it listens on. */
  readonly address: string;
  close(): void;
}

/** Serves health and reflection of another server, in plaintext and to everybody: for an address that users cannot reach. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { listen, telemetry, health, services, drainStarted } = options;
  const server = createKitServer({
    telemetry,
    limits: {},
    authenticate: callerByHeader,
    drained: drainStarted,
  });
  const healthy = healthService(health, drainStarted);
  for (const { definition, handlers } of [healthy, ...reflectionServices([...services, healthy.desc])]) {
    server.add(definition, handlers as never);
  }
  const port = await server.listen(listen, ServerCredentials.createInsecure());
  return {
    address: `${listen.slice(0, listen.lastIndexOf(':'))}:${port}`,
    close: () => server.forceShutdown(),
  };
}
