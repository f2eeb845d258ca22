import { createChannels } from '@osum/mesh';
import { ModalityAdapter } from '@osum/proto';
import {
  forwardList,
  type LoadedStage,
  type RunningService,
  type StageRuntime,
  serveStage,
} from '@osum/stage';
import type { AdapterConfig } from './adapter-config.js';
import { adapterModel } from './adapter-model.js';
import { createAdapterQueue } from './adapter-queue.js';
import { type Adapter, adapterService } from './adapter-service.js';

/** Serves `osum.v1.ModalityAdapter`. Resolves when it listens; `ready` resolves when the model is loaded. */
export function serveAdapter(config: AdapterConfig, runtime: StageRuntime = {}): Promise<RunningService> {
  return serveStage<Adapter & LoadedStage>(
    {
      name: 'adapter',
      service: ModalityAdapter,
      bind: adapterService,
      openInference: adapterModel,
      async load(environment) {
        const { modelPackage, instance, telemetry, channelCredentials } = environment;
        const queue = await createAdapterQueue(environment, config);
        const channels = createChannels({ telemetry, credentials: channelCredentials });
        return {
          queue,
          modelPackage,
          instance,
          channels,
          decoders: forwardList(config),
          async close() {
            channels.close();
          },
        };
      },
    },
    config,
    runtime,
  );
}
