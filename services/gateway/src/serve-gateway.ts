import { createChannels, createTelemetry, startServer, type Telemetry } from '@osum/mesh';
import { riva } from '@osum/proto';
import type { GatewayConfig } from './gateway-config.js';
import { createOpenAiServer } from './openai/http-server.js';
import { createRivaService } from './riva/riva-service.js';
import { createUnderstanding } from './understanding.js';

/** A gateway that runs. */
export interface RunningGateway {
  /** `host:port` of the Riva gRPC door. */
  readonly address: string;
  /** `host:port` of the OpenAI HTTP door. */
  readonly httpAddress: string;
  /** Both doors answer from the start. */
  readonly ready: Promise<void>;
  /** Refuses new work, waits for what runs, and closes both doors. */
  drain(): Promise<void>;
}

/** Starts both doors onto the router of the configuration. */
export async function serveGateway(
  config: GatewayConfig,
  telemetry: Telemetry = createTelemetry({ name: 'gateway' }),
): Promise<RunningGateway> {
  const channels = createChannels({ telemetry });
  const understanding = createUnderstanding(channels, config.router);
  const service = createRivaService(understanding);
  const server = await startServer({
    stage: 'gateway',
    listen: config.listen,
    services: [service],
    telemetry,
  });
  const http = await createOpenAiServer({ understanding, telemetry, maxAudioBytes: config.maxAudioBytes });
  const separator = config.http.lastIndexOf(':');
  const url = await http.listen({
    host: config.http.slice(0, separator),
    port: Number(config.http.slice(separator + 1)),
  });
  server.health.set(riva.RivaSpeechRecognition.typeName, true);
  return {
    address: server.address,
    httpAddress: new URL(url).host,
    ready: Promise.resolve(),
    async drain() {
      await Promise.all([server.drain(), http.close()]);
      channels.close();
    },
  };
}
