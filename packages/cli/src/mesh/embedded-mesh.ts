import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HealthRegistry, openTelemetry, startOperationsEndpoint } from '@osum/mesh';
import { UsageError } from '../usage-error.js';

/** What a mesh in this process is made of. */
export interface EmbeddedMeshOptions {
  /** Folder of the model package. Default: the shipped osum-nano. */
  package?: string;
  /** Where to compute. Default: `auto`. */
  device?: 'auto' | 'npu' | 'host';
  /** `host:port` of the router. Default: a free port on loopback. */
  listen?: string;
  /** Least level of log lines, on standard error. Default: `warn`. */
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `host:port` of the HTTP endpoint for metrics and probes. Default: none. */
  operations?: string;
  /** URL of an OTLP receiver for traces. Default: what OTEL_EXPORTER_OTLP_... say, else none. */
  otlpEndpoint?: string;
  /** Whether instructions and transcripts may go into traces and logs. Default: false. */
  captureContent?: boolean;
}

/** A mesh that runs in this process. */
export interface EmbeddedMesh {
  /** `host:port` of the router. */
  readonly address: string;
  /** `host:port` of every service, by its name. */
  readonly services: Readonly<Record<string, string>>;
  /** Ends it gracefully: new calls are refused, running ones are waited for. */
  drain(): Promise<void>;
}

interface StartedService {
  readonly name: string;
  readonly address: string;
  readonly ready: Promise<void>;
  readonly health: HealthRegistry;
  drain(): Promise<void>;
}

/** The package that ships with the project. */
export const shippedPackage = fileURLToPath(new URL('../../../../models/osum-nano', import.meta.url));

/**
 * Starts features, encoder, adapter, decoder and router in this process, on loopback, over one device scheduler: the same
 * services, and the same gRPC between them, as in a mesh of many machines. Resolves when all answer.
 */
export async function startEmbeddedMesh(options: EmbeddedMeshOptions = {}): Promise<EmbeddedMesh> {
  const folder = options.package ?? shippedPackage;
  if (!existsSync(join(folder, 'model.json'))) {
    throw new UsageError(`${folder} holds no model.json: --package names the folder of a model package`);
  }
  const [{ openDevices }, features, encoder, adapter, decoder, router] = await Promise.all([
    import('@osum/stage'),
    import('@osum/features'),
    import('@osum/encoder'),
    import('@osum/adapter'),
    import('@osum/decoder'),
    import('@osum/router'),
  ]);
  const { logLevel = 'warn', captureContent = false, otlpEndpoint, operations } = options;
  const telemetry = await openTelemetry('mesh', { logLevel, captureContent, otlpEndpoint });
  const { scheduler, close } = await openDevices(options.device ?? 'auto');
  const started: StartedService[] = [];
  let endpoint: { close(): Promise<void> } | undefined;
  const drain = async () => {
    for (const service of started.toReversed()) await service.drain();
    await close();
    await endpoint?.close();
    await telemetry.close();
  };
  const common = { package: folder, listen: '127.0.0.1:0' };
  const runtime = { scheduler, telemetry };
  const keep = <Service extends Omit<StartedService, 'name'>>(name: string, service: Service): Service => {
    const { address, ready, health } = service;
    started.push({ name, address, ready, health, drain: () => service.drain() });
    return service;
  };
  try {
    const decoding = keep(
      'decoder',
      await decoder.serveDecoder(decoder.decoderConfigSchema.parse(common), runtime),
    );
    const adapting = keep(
      'adapter',
      await adapter.serveAdapter(adapter.adapterConfigSchema.parse(common), runtime),
    );
    const encoding = keep(
      'encoder',
      await encoder.serveEncoder(
        encoder.encoderConfigSchema.parse({ ...common, adapters: [adapting.address] }),
        runtime,
      ),
    );
    const extracting = keep(
      'features',
      await features.serveFeatures(
        features.featuresConfigSchema.parse({ ...common, encoders: [encoding.address] }),
        runtime,
      ),
    );
    const routing = keep(
      'router',
      await router.serveRouter(
        router.routerConfigSchema.parse({
          package: folder,
          listen: options.listen ?? '127.0.0.1:0',
          features: [extracting.address],
          decoders: [decoding.address],
        }),
        { telemetry },
      ),
    );
    if (operations !== undefined) {
      const health = started.map((service) => service.health);
      endpoint = await startOperationsEndpoint({ listen: operations, telemetry, health });
    }
    await Promise.all(started.map(({ ready }) => ready));
    const services = Object.fromEntries(started.map(({ name, address }) => [name, address]));
    return { address: routing.address, services, drain };
  } catch (error) {
    await drain();
    throw error;
  }
}
