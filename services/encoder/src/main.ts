import { createChannels } from '@osum/mesh';
import { ModalityAdapter, modalityAdapterDefinition, SpeechEncoder } from '@osum/proto';
import {
  createNextStage,
  forwardList,
  type LoadedStage,
  type RunningService,
  type StageRuntime,
  serveStage,
} from '@osum/stage';
import type { EncoderConfig } from './encoder-config.js';
import { encoderModel } from './encoder-model.js';
import { createEncoderQueue } from './encoder-queue.js';
import { type Encoder, encoderService } from './encoder-service.js';

/** Serves `osum.v1.SpeechEncoder`. Resolves when it listens; `ready` resolves when the model is loaded. */
export function serveEncoder(config: EncoderConfig, runtime: StageRuntime = {}): Promise<RunningService> {
  return serveStage<Encoder & LoadedStage>(
    {
      name: 'encoder',
      service: SpeechEncoder,
      bind: encoderService,
      openInference: encoderModel,
      async load(environment) {
        const { modelPackage, instance, telemetry, channelCredentials } = environment;
        const queue = await createEncoderQueue(environment, config);
        const channels = createChannels({ telemetry, credentials: channelCredentials });
        const adapters = createNextStage(modalityAdapterDefinition, {
          channels,
          addresses: config.adapters,
          service: ModalityAdapter.typeName,
          forward: forwardList(config, config.adapters),
        });
        return {
          queue,
          modelPackage,
          instance,
          adapters,
          async close() {
            adapters.close();
            channels.close();
          },
        };
      },
    },
    config,
    runtime,
  );
}
