import { adapterConfigSchema, serveAdapter } from '@osum/adapter';
import { decoderConfigSchema, serveDecoder } from '@osum/decoder';
import { encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { featuresConfigSchema, serveFeatures } from '@osum/features';
import { gatewayConfigSchema, type RunningGateway, serveGateway } from '@osum/gateway';
import { routerConfigSchema, serveRouter } from '@osum/router';
import { openDevices, type RunningService } from '@osum/stage';
import { freePort } from './tools/free-port.js';
import { inRepository } from './tools/repository.js';

/** Names of the services of a mesh. */
export const serviceNames = ['features', 'encoder', 'adapter', 'decoder', 'router', 'gateway'] as const;
/** See `serviceNames`. */
export type ServiceName = (typeof serviceNames)[number];

/** All services in this process, each with sinks of its own, as if it had a process of its own. */
export interface Services {
  readonly router: RunningService;
  readonly gateway: RunningGateway;
  /** Prometheus text of a service's operations endpoint. */
  metrics(name: ServiceName): Promise<string>;
  close(): Promise<void>;
}

/** Options of {@link startServices}. */
export interface ServicesOptions {
  /** URL of an OTLP receiver. */
  readonly otlpEndpoint?: string;
  /** `host:port` that the gateway calls instead of the router. */
  readonly door?: (router: string) => Promise<string>;
}

/** Starts all services over the shipped package, on loopback. Resolves when all answer. */
export async function startServices({ otlpEndpoint, door }: ServicesOptions = {}): Promise<Services> {
  const devices = await openDevices('host');
  const runtime = { scheduler: devices.scheduler };
  const operations = Object.fromEntries(
    await Promise.all(serviceNames.map(async (name) => [name, `127.0.0.1:${await freePort()}`] as const)),
  ) as Record<ServiceName, string>;
  const common = (name: ServiceName) => ({
    package: inRepository('models/osum-nano'),
    logLevel: 'silent',
    operations: operations[name],
    otlpEndpoint,
  });
  const decoder = await serveDecoder(decoderConfigSchema.parse(common('decoder')), runtime);
  const adapter = await serveAdapter(adapterConfigSchema.parse(common('adapter')), runtime);
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ ...common('encoder'), adapters: [adapter.address] }),
    runtime,
  );
  const features = await serveFeatures(
    featuresConfigSchema.parse({ ...common('features'), encoders: [encoder.address] }),
    runtime,
  );
  const router = await serveRouter(
    routerConfigSchema.parse({
      ...common('router'),
      features: [features.address],
      decoders: [decoder.address],
    }),
  );
  const { package: _, ...ofGateway } = common('gateway');
  const gateway = await serveGateway(
    gatewayConfigSchema.parse({
      ...ofGateway,
      router: (await door?.(router.address)) ?? router.address,
      listen: '127.0.0.1:0',
      http: '127.0.0.1:0',
    }),
  );
  const services = [gateway, router, features, encoder, adapter, decoder];
  await Promise.all(services.map(({ ready }) => ready));
  return {
    router,
    gateway,
    async metrics(name) {
      const answer = await fetch(`http://${operations[name]}/metrics`);
      return answer.text();
    },
    async close() {
      for (const service of services) await service.drain();
      await devices.close();
    },
  };
}
