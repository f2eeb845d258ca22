import { type ServerOptions as GrpcServerOptions, ServerCredentials, status } from '@grpc/grpc-js';
import { createServer } from 'nice-grpc';
import { sleep } from '../deadline/abortable.js';
import { deadlineInterceptor } from '../deadline/deadline-interceptor.js';
import { createHealthRegistry, type HealthRegistry } from '../health/health-registry.js';
import { healthService } from '../health/health-service.js';
import { reflectionServices } from '../reflection/reflection-service.js';
import { MeshError } from '../status/mesh-error.js';
import { type ErrorMapper, type OutgoingStatus, serverStatusMiddleware } from '../status/server-status.js';
import { statusTable } from '../status/status-table.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { BoundService } from './bind-service.js';
import { callTelemetryMiddleware } from './call-telemetry.js';
import { drainGateMiddleware } from './drain-gate.js';
import { halfCloseInterceptor } from './half-close-interceptor.js';
import { meshContextMiddleware } from './mesh-context.js';

/** Bounds of what a server takes. */
export interface ServerLimits {
  /** Largest message received, in bytes. Default 4 MiB, as everywhere in gRPC. */
  maxMessageBytes?: number;
  /** Calls at one time on one connection. Default 1024. */
  maxConcurrentStreams?: number;
}

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
  advertise?: string;
  limits?: ServerLimits;
  /** Whether to serve reflection. Default true. */
  reflection?: boolean;
  /** How long a drain waits for calls before it aborts them, in milliseconds. Default 20000. */
  drainGraceMs?: number;
  /** Default: plaintext. */
  credentials?: ServerCredentials;
  /** Turns errors of other packages into rows of the status table. */
  mapError?: ErrorMapper;
}

/** A server that takes calls. */
export interface RunningServer {
  /** `host:port` under which others reach it. */
  readonly address: string;
  readonly health: HealthRegistry;
  /** Ends it gracefully: not serving, refusing new calls, waiting for calls, aborting what is left. May be called twice. */
  drain(): Promise<void>;
  /** Ends it at once: calls break off. */
  abort(): void;
}

const mebibyte = 2 ** 20;
// Time for connections to carry the last statuses after the calls of a drain were aborted.
const abortFlushMs = 250;

/** Starts a gRPC server with the whole kit around its services. Resolves when it listens; rejects if it cannot bind. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { stage, telemetry, services, drainGraceMs = 20_000 } = options;
  const drainStarted = new AbortController();
  const drainOver = new AbortController();
  const health = createHealthRegistry(services.map(({ desc }) => desc.typeName));
  const infrastructure = [healthService(health, drainStarted.signal)];
  if (options.reflection ?? true) {
    infrastructure.push(...reflectionServices([...services, ...infrastructure].map(({ desc }) => desc)));
  }

  const server = createServer(channelOptions(options.limits ?? {}))
    .use(meshContextMiddleware(telemetry, drainOver.signal))
    .use(callTelemetryMiddleware(telemetry))
    .use(
      serverStatusMiddleware((error, outgoing) => logFailure(telemetry, error, outgoing), options.mapError),
    );
  const gated = server.with(drainGateMiddleware(drainStarted.signal));
  for (const { definition, handlers } of services) gated.add(definition, handlers as never);
  for (const { definition, handlers } of infrastructure) server.add(definition, handlers as never);
  const port = await server.listen(options.listen, options.credentials ?? ServerCredentials.createInsecure());

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
    address: options.advertise ?? `${hostOf(options.listen)}:${port}`,
    health,
    drain: () => (draining ??= drain()),
    abort: () => server.forceShutdown(),
  };
}

function channelOptions({
  maxMessageBytes = 4 * mebibyte,
  maxConcurrentStreams = 1024,
}: ServerLimits): GrpcServerOptions {
  return {
    interceptors: [deadlineInterceptor, halfCloseInterceptor],
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    // Tensors of a megabyte would wait for a window update every 64 KiB otherwise.
    'grpc-node.flow_control_window': 1 << 20,
    // A peer that vanished without closing is noticed within 50 s.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
  };
}

// The message of a refusal may quote the request, so it is not logged.
function logFailure({ log }: Telemetry, error: unknown, { code, kind, violations }: OutgoingStatus): void {
  if (code === statusTable.internal.code) log.error({ kind, err: error }, 'call failed inside');
  else log.info({ code: status[code], kind, fields: violations.map(({ field }) => field) }, 'call refused');
}

function hostOf(listen: string): string {
  return listen.slice(0, listen.lastIndexOf(':'));
}
