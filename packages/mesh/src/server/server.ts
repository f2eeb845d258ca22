import { ServerCredentials } from '@grpc/grpc-js';
import { sleep } from '../deadline/abortable.js';
import { createHealthRegistry, type HealthRegistry } from '../health/health-registry.js';
import { healthService } from '../health/health-service.js';
import { reflectionServices } from '../reflection/reflection-service.js';
import { type Authenticate, callerByHeader } from '../security/authenticate.js';
import { isLoopback } from '../security/loopback.js';
import { MeshError } from '../status/mesh-error.js';
import type { ErrorMapper } from '../status/server-status.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { startAdminServer } from './admin-server.js';
import type { BoundService } from './bind-service.js';
import { drainGateMiddleware, refusalGateMiddleware } from './call-gates.js';
import { createKitServer } from './kit-server.js';
import type { ServerLimits } from './server-limits.js';

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Name of the stage in errors and logs, such as `encoder`. */
  stage: string;
  /** `host:port`; port 0 picks a free one. */
  listen: string;
  /** Services to serve beside health and reflection. */
  services: readonly BoundService[];
  telemetry: Telemetry;
  /** `host:port` under which others reach this server. Default: the host of `listen` with the bound port. */
  advertise?: string | undefined;
  limits?: ServerLimits;
  /** Whether to serve reflection. Default: in plaintext only. */
  reflection?: boolean | undefined;
  /** How long a drain waits for calls before it aborts them, in milliseconds. Default 20000. */
  drainGraceMs?: number;
  /** Default: plaintext. */
  credentials?: ServerCredentials | undefined;
  /** Who makes a call. Default: anybody, for the tenant that the header `osum-tenant` names. */
  authenticate?: Authenticate | undefined;
  /** Whether health is told to callers that `authenticate` refuses. Default false. */
  openHealth?: boolean;
  /** `host:port` on which health and reflection are served in plaintext and to everybody, apart from the services. Default: nowhere. */
  admin?: string | undefined;
  /** Turns errors of other packages into rows of the status table. */
  mapError?: ErrorMapper;
}

/** A server that takes calls. */
export interface RunningServer {
  /** `host:port` under which others reach it. */
  readonly address: string;
  /** `host:port` of health and reflection for operators; undefined if there is none. */
  readonly adminAddress: string | undefined;
  readonly health: HealthRegistry;
  /** Ends it gracefully: not serving, refusing new calls, waiting for calls, aborting what is left. May be called twice. */
  drain(): Promise<void>;
  /** Ends it at once: calls break off. */
  abort(): void;
}

const secureConnectionAgeMs = 3_600_000;
// Time for connections to carry the last statuses after the calls of a drain were aborted.
const abortFlushMs = 250;

/** Starts a gRPC server with the whole kit around its services. Resolves when it listens; rejects if it cannot bind. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { stage, telemetry, services, drainGraceMs = 20_000, limits = {}, mapError } = options;
  const { credentials = ServerCredentials.createInsecure(), authenticate = callerByHeader } = options;
  const drainStarted = new AbortController();
  const drainOver = new AbortController();
  const health = createHealthRegistry(services.map(({ desc }) => desc.typeName));
  const healthy = healthService(health, drainStarted.signal);
  const { reflection = !credentials._isSecure() } = options;

  const server = createKitServer({
    telemetry,
    limits: credentials._isSecure() ? { maxConnectionAgeMs: secureConnectionAgeMs, ...limits } : limits,
    authenticate,
    drained: drainOver.signal,
    mapError,
  });
  const refusing = server.with(refusalGateMiddleware);
  const gated = refusing.with(drainGateMiddleware(drainStarted.signal));
  for (const { definition, handlers } of services) gated.add(definition, handlers as never);
  (options.openHealth ? server : refusing).add(healthy.definition, healthy.handlers as never);
  if (reflection) {
    const described = [...services, healthy].map(({ desc }) => desc);
    for (const { definition, handlers } of reflectionServices(described)) {
      refusing.add(definition, handlers as never);
    }
  }
  const port = await server.listen(options.listen, credentials);
  if (!credentials._isSecure() && !isLoopback(options.listen)) {
    telemetry.log.warn(
      { listen: options.listen },
      'in plaintext beyond this machine: see deploy/SECURITY.md',
    );
  }
  const admin = await adminFor(options, health, drainStarted.signal).catch((error) => {
    server.forceShutdown();
    throw error;
  });

  let draining: Promise<void> | undefined;
  const drain = async () => {
    health.shutdown();
    drainStarted.abort(
      new MeshError('draining', `This instance of ${stage} is shutting down; another will answer.`),
    );
    const idle = server.shutdown();
    const graceOver = new AbortController();
    const ended = await Promise.race([
      idle.then(() => true),
      sleep(drainGraceMs, graceOver.signal).then(
        () => false,
        () => false,
      ),
    ]);
    graceOver.abort();
    if (ended) return;
    drainOver.abort(
      new MeshError('draining', `This instance of ${stage} shut down before the call was over.`),
    );
    await Promise.race([idle, sleep(abortFlushMs)]);
    server.forceShutdown();
  };
  return {
    address: options.advertise ?? `${options.listen.slice(0, options.listen.lastIndexOf(':'))}:${port}`,
    adminAddress: admin?.address,
    health,
    drain: () => (draining ??= drain().finally(() => admin?.close())),
    abort() {
      server.forceShutdown();
      admin?.close();
    },
  };
}

async function adminFor(
  { admin, telemetry, services }: ServerOptions,
  health: HealthRegistry,
  drainStarted: AbortSignal,
) {
  if (admin === undefined) return undefined;
  const described = services.map(({ desc }) => desc);
  return startAdminServer({ listen: admin, telemetry, health, services: described, drainStarted });
}
