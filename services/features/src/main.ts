import { createChannels } from '@osum/mesh';
import { FeatureExtractor, SpeechEncoder, speechEncoderDefinition } from '@osum/proto';
import {
  createNextStage,
  forwardList,
  type LoadedStage,
  type RunningService,
  type StageRuntime,
  serveStage,
} from '@osum/stage';
import type { FeaturesConfig } from './features-config.js';
import { featuresModel } from './features-model.js';
import { createFeaturesQueue } from './features-queue.js';
import { type Features, featuresService } from './features-service.js';

/** Serves `osum.v1.FeatureExtractor`. Resolves when it listens; `ready` resolves when calls are answered. */
export function serveFeatures(config: FeaturesConfig, runtime: StageRuntime = {}): Promise<RunningService> {
  return serveStage<Features & LoadedStage>(
    {
      name: 'features',
      service: FeatureExtractor,
      bind: featuresService,
      openInference: featuresModel,
      async load(environment) {
        const { modelPackage, instance, telemetry, channelCredentials } = environment;
        const queue = await createFeaturesQueue(environment, config);
        const channels = createChannels({ telemetry, credentials: channelCredentials });
        const encoders = createNextStage(speechEncoderDefinition, {
          channels,
          addresses: config.encoders,
          service: SpeechEncoder.typeName,
          forward: forwardList(config, config.encoders),
        });
        return {
          queue,
          modelPackage,
          instance,
          encoders,
          maxAudioSeconds: config.maxAudioSeconds ?? modelPackage.manifest.audio.maxSeconds,
          async close() {
            encoders.close();
            channels.close();
          },
        };
      },
    },
    config,
    runtime,
  );
}
