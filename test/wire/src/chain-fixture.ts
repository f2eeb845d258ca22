import type { ChannelCredentials } from '@grpc/grpc-js';
import { adapterConfigSchema, serveAdapter } from '@osum/adapter';
import { type DecoderConfig, decoderConfigSchema, type RunningDecoder, serveDecoder } from '@osum/decoder';
import type { DeviceScheduler } from '@osum/device';
import { type EncoderConfig, encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { type FeaturesConfig, featuresConfigSchema, serveFeatures } from '@osum/features';
import { type Channels, createChannels, createTelemetry, type Telemetry } from '@osum/mesh';
import { openDevices, type RunningService } from '@osum/stage';
import { type TinyPackage, writeTinyPackage } from './tiny-package.js';

/** What a test may change of the stages' configuration. */
export interface ChainOptions {
  readonly weights?: 'bf16' | 'fp32' | 'int8';
  readonly features?: Partial<FeaturesConfig>;
  readonly encoder?: Partial<EncoderConfig>;
  readonly adapter?: Partial<EncoderConfig>;
  readonly decoder?: Partial<DecoderConfig>;
  /** Of the channels that call the stages. Default: plaintext. */
  readonly credentials?: ChannelCredentials | undefined;
}

/** The four stages on loopback, in this process, over one device scheduler, and channels to call them. */
export interface Chain {
  readonly tiny: TinyPackage;
  readonly features: RunningService;
  readonly encoder: RunningService;
  readonly adapter: RunningService;
  readonly decoder: RunningDecoder;
  readonly scheduler: DeviceScheduler;
  readonly telemetry: Telemetry;
  readonly channels: Channels;
  close(): Promise<void>;
}

/** Starts the chain and waits until every stage serves. */
export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const tiny = await writeTinyPackage(options.weights);
  const telemetry = createTelemetry({ name: 'wire-tests', logLevel: 'silent' });
  const devices = await openDevices('host');
  const runtime = { scheduler: devices.scheduler, telemetry };
  const common = { package: tiny.directory, drainGraceMs: 2000 };
  const decoder = await serveDecoder(decoderConfigSchema.parse({ ...common, ...options.decoder }), runtime);
  const adapter = await serveAdapter(adapterConfigSchema.parse({ ...common, ...options.adapter }), runtime);
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ ...common, adapters: [adapter.address], ...options.encoder }),
    runtime,
  );
  const features = await serveFeatures(
    featuresConfigSchema.parse({ ...common, encoders: [encoder.address], ...options.features }),
    runtime,
  );
  const services = [features, encoder, adapter, decoder];
  await Promise.all(services.map(({ ready }) => ready));
  const channels = createChannels({ telemetry, credentials: options.credentials });
  return {
    tiny,
    features,
    encoder,
    adapter,
    decoder,
    scheduler: devices.scheduler,
    telemetry,
    channels,
    async close() {
      channels.close();
      for (const service of services) await service.drain();
      await devices.close();
      await tiny.remove();
    },
  };
}
