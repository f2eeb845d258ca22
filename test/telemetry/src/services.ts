import { adapterConfigSchema, serveAdapter } from '@osum/adapter';
import { decoderConfigSchema, serveDecoder } from '@osum/decoder';
import { freePorts } from '@osum/deploy';
import { encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { featuresConfigSchema, serveFeatures } from '@osum/features';
import { gatewayConfigSchema, type RunningGateway, serveGateway } from '@osum/gateway';
import { openTelemetry, type ProcessTelemetry, type Telemetry } from '@osum/mesh';
import { routerConfigSchema, serveRouter } from '@osum/router';
import { openDevices, type RunningService } from '@osum/stage';
import { inRepository } from './tools/repository.js';

/** Names of the services of a mesh. */
export const serviceNames = ['features', 'encoder', 'adapter', 'decoder', 'router', 'gateway'] as const;
/** See `serviceNames`. */
export type ServiceName = (typeof serviceNames)[number];

/** All services in this process, each with sinks of its own, as if it had a process of its own. */
export interface Services {
  readonly router: RunningService;
  readonly gateway: RunningGateway;
  /** `host:port` of each service's operations endpoint. */
  readonly operations: Readonly<Record<ServiceName, string>>;
  /** The sinks of a service. */
  telemetry(name: ServiceName): Telemetry;
  /** What the operations endpoint of a service answers to Prometheus. */
  metrics(name: ServiceName): Promise<string>;
  close(): Promise<void>;
}

/** Options of {@link startServices}. */
export interface ServicesOptions {
  /** URL of an OTLP receiver. */
  readonly otlpEndpoint?: string;
}

/** Starts all services over the shipped package, on loopback. Resolves when all answer. */
export async function startServices({ otlpEndpoint }: ServicesOptions = {}): Promise<Services> {
  const devices = await openDevices('host');
  const sinks = { logLevel: 'silent', captureContent: false, otlpEndpoint };
  const telemetry = Object.fromEntries(
    await Promise.all(serviceNames.map(async (name) => [name, await openTelemetry(name, sinks)] as const)),
  ) as Record<ServiceName, ProcessTelemetry>;
  const runtime = (name: ServiceName) => ({ scheduler: devices.scheduler, telemetry: telemetry[name] });
  const ports = await freePorts(serviceNames.length);
  const operations = Object.fromEntries(
    serviceNames.map((name, number) => [name, `127.0.0.1:${ports[number]}`]),
  ) as Record<ServiceName, string>;
  const common = (name: ServiceName) => ({
    package: inRepository('models/osum-nano'),
    operations: operations[name],
  });
  const decoder = await serveDecoder(decoderConfigSchema.parse(common('decoder')), runtime('decoder'));
  const adapter = await serveAdapter(adapterConfigSchema.parse(common('adapter')), runtime('adapter'));
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ ...common('encoder'), adapters: [adapter.address] }),
    runtime('encoder'),
  );
  const features = await serveFeatures(
    featuresConfigSchema.parse({ ...common('features'), encoders: [encoder.address] }),
    runtime('features'),
  );
  const router = await serveRouter(
    routerConfigSchema.parse({
      ...common('router'),
      features: [features.address],
      decoders: [decoder.address],
    }),
    runtime('router'),
  );
  const gateway = await serveGateway(
    gatewayConfigSchema.parse({
      operations: operations.gateway,
      router: router.address,
      listen: '127.0.0.1:0',
      http: '127.0.0.1:0',
    }),
    runtime('gateway'),
  );
  const services = [gateway, router, features, encoder, adapter, decoder];
  await Promise.all(services.map(({ ready }) => ready));
  return {
    router,
    gateway,
    operations,
    telemetry: (name) => telemetry[name],
    async metrics(name) {
      const answer = await fetch(`http://${operations[name]}/metrics`);
      return answer.text();
    },
    async close() {
      for (const service of services) await service.drain();
      for (const name of serviceNames) await telemetry[name].close();
      await devices.close();
    },
  };
}
