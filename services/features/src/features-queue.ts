import { Arena } from '@osum/device';
import type { BatchQueue } from '@osum/mesh';
import { LogMel, logMelArenaBytes } from '@osum/nn';
import {
  type BatchOutput,
  createBatchedModel,
  type StageEnvironment,
  splitRagged,
  type Utterance,
} from '@osum/stage';
import type { FeaturesConfig } from './features-config.js';

/** One utterance at 16 kHz. */
export interface PcmUtterance extends Utterance {
  readonly pcm: Float32Array;
}

/** Puts the front end's tables onto every device and starts its queue. */
export async function createFeaturesQueue(
  { scheduler, modelPackage, telemetry }: StageEnvironment,
  config: FeaturesConfig,
): Promise<BatchQueue<PcmUtterance, BatchOutput>> {
  const { audio, weights } = modelPackage.manifest;
  const compute = weights === 'fp32' ? 'f32' : 'bf16';
  const resident = await scheduler.resident('features', (device) => LogMel.create(device, audio.melBins));
  return createBatchedModel<LogMel, PcmUtterance>(
    {
      name: 'features',
      resident,
      arenaBytes(items) {
        const samples = items.map(({ pcm }) => pcm.length);
        const pcmBytes = samples.reduce((sum, count) => sum + Arena.bytesFor('f32', [count]), 0);
        return pcmBytes + logMelArenaBytes(samples, audio.melBins, compute);
      },
      build(model, program, items) {
        const utterances = items.map(({ pcm }) => {
          const tensor = program.arena.tensor('f32', [pcm.length]);
          program.upload(tensor).set(pcm);
          return tensor;
        });
        const { features, frames } = model.forward(program, utterances, compute);
        const download = program.download(features);
        return () => splitRagged(download, frames, 'features');
      },
    },
    scheduler,
    config,
    telemetry,
  );
}
