import {
  createChannels,
  type HealthRegistry,
  openTelemetry,
  openTls,
  startOperationsEndpoint,
  startServer,
  type Telemetry,
} from '@osum/mesh';
import { riva } from '@osum/proto';
import { gatewayCallers } from './gateway-callers.js';
import type { GatewayConfig } from './gateway-config.js';
import { createGatewayMetrics } from './gateway-metrics.js';
import { startHttpDoor } from './openai/http-door.js';
import { createRivaService } from './riva/riva-service.js';
import { createUnderstanding } from './understanding.js';

/** A gateway that runs. */
export interface RunningGateway {
  /** `host:port` of the Riva gRPC door. */
  readonly address: string;
  /** `host:port` of the OpenAI HTTP door. */
  readonly httpAddress: string;
  /** `host:port` of health and reflection for operators; undefined if there is none. */
  readonly adminAddress: string | undefined;
  /** Of the gRPC door. Its state is the gateway's own: a router that cannot be reached fails calls with UNAVAILABLE. */
  readonly health: HealthRegistry;
  /** Both doors answer from the start. */
  readonly ready: Promise<void>;
  /** Refuses new calls, waits for those under way, aborts what is left after the grace. May be called twice. */
  drain(): Promise<void>;
}

// How long a recording or live stream may pause is for the router to say.
const unboundedPauses = { gapMs: Number.POSITIVE_INFINITY, totalMs: Number.POSITIVE_INFINITY };
// Room for the configuration around the recording of a Recognize call.
const messageOverheadBytes = 64 * 1024;

/** Starts both doors onto the router of the configuration. Rejects when one of them cannot listen. */
export async function serveGateway(
  config: GatewayConfig,
  runtime: { telemetry?: Telemetry } = {},
): Promise<RunningGateway> {
  const telemetry = await openTelemetry('gateway', config, runtime.telemetry);
  const tls = await openTls(config, telemetry);
  const authenticate = gatewayCallers({
    isSecure: tls !== null,
    peers: config.tlsPeers,
    anonymousTenant: config.anonymousTenant,
  });
  const channels = createChannels({ telemetry, credentials: tls?.channelCredentials });
  const understanding = createUnderstanding(channels, config.router, createGatewayMetrics(telemetry));
  const closers: (() => Promise<void>)[] = [
    () => telemetry.close(),
    async () => channels.close(),
    async () => tls?.close(),
  ];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const server = await startServer({
      stage: 'gateway',
      listen: config.listen,
      services: [createRivaService(understanding)],
      telemetry,
      credentials: tls?.serverCredentials('optional'),
      authenticate,
      openHealth: true,
      admin: config.admin,
      reflection: config.reflection,
      drainGraceMs: config.drainGraceMs,
      limits: { maxMessageBytes: config.maxAudioBytes + messageOverheadBytes, pace: unboundedPauses },
    });
    closers.push(async () => server.abort());
    const http = await startHttpDoor({
      ...config,
      listen: config.http,
      understanding,
      telemetry,
      authenticate,
      tls,
    });
    closers.push(() => http.abort());
    if (config.operations !== undefined) {
      const health = [server.health];
      const endpoint = await startOperationsEndpoint({ listen: config.operations, telemetry, health });
      closers.push(() => endpoint.close());
    }
    server.health.set(riva.RivaSpeechRecognition.typeName, true);
    telemetry.log.info({ address: server.address, http: http.address, router: config.router }, 'serving');
    let drained: Promise<void> | undefined;
    return {
      address: server.address,
      httpAddress: http.address,
      adminAddress: server.adminAddress,
      health: server.health,
      ready: Promise.resolve(),
      drain: () => (drained ??= Promise.all([server.drain(), http.drain()]).then(closeAll)),
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
