import type { BatchQueue, WireTensor } from '@osum/mesh';
import { encoderArenaBytes, WhisperEncoder } from '@osum/nn';
import {
  type BatchOutput,
  createBatchedModel,
  raggedBytes,
  type StageEnvironment,
  splitRagged,
  type Utterance,
  uploadRagged,
} from '@osum/stage';
import type { EncoderConfig } from './encoder-config.js';

/** Features `[frames, bins]` of one utterance, 100 frames a second. */
export interface EncoderUtterance extends Utterance {
  readonly features: WireTensor;
}

/** Loads the encoder onto every device and starts its queue. */
export async function createEncoderQueue(
  { scheduler, modelPackage, telemetry }: StageEnvironment,
  config: EncoderConfig,
): Promise<BatchQueue<EncoderUtterance, BatchOutput>> {
  const { encoder: dims, audio, weights } = modelPackage.manifest;
  const compute = weights === 'fp32' ? 'f32' : 'bf16';
  const resident = await scheduler.resident('encoder', (device) => WhisperEncoder.load(device, modelPackage));
  const framesOf = (items: readonly EncoderUtterance[]) => items.map(({ features }) => features.shape[0]!);
  const tensorsOf = (items: readonly EncoderUtterance[]) => items.map(({ features }) => features);
  return createBatchedModel<WhisperEncoder, EncoderUtterance>(
    {
      name: 'encoder',
      resident,
      arenaBytes: (items) =>
        raggedBytes(tensorsOf(items)) + encoderArenaBytes(dims, audio.melBins, compute, framesOf(items)),
      build(model, program, items) {
        const features = uploadRagged(program, tensorsOf(items), compute);
        const { hidden, frames } = model.forward(program, features, framesOf(items));
        const download = program.download(hidden);
        return () => splitRagged(download, frames, 'hidden');
      },
    },
    scheduler,
    config,
    telemetry,
  );
}
