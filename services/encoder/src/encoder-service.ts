import {
  type BatchQueue,
  type BoundService,
  bindService,
  MeshError,
  openStream,
  outgoing,
  readTensor,
  tensorFrames,
  type WireTensor,
} from '@osum/mesh';
import { encoderMaxFrames, type ModelPackage } from '@osum/nn';
import { DataType, type modalityAdapterDefinition, SpeechEncoder, Stage } from '@osum/proto';
import {
  type BatchOutput,
  batchReport,
  configThenTensor,
  type NextStage,
  reportsFrom,
  requireModel,
} from '@osum/stage';
import type { EncoderUtterance } from './encoder-queue.js';

/** Log-mel frames of a second of audio. */
const FRAMES_PER_SECOND = 100;
/** Frames that one encoder position stands for. */
const FRAMES_PER_POSITION = 2;

/** What the handlers need. */
export interface Encoder {
  readonly queue: BatchQueue<EncoderUtterance, BatchOutput>;
  readonly modelPackage: ModelPackage;
  readonly instance: string;
  readonly adapters: NextStage<typeof modalityAdapterDefinition>;
}

/** The handlers of `osum.v1.SpeechEncoder`. */
export function encoderService(loaded: () => Encoder): BoundService {
  return bindService(SpeechEncoder, {
    async *encode(requests, context) {
      const { modelPackage, queue, adapters, instance } = loaded();
      const { first: config, rest } = await openStream(requests, 'config', 'frame');
      const { name, audio } = modelPackage.manifest;
      requireModel(config.model, name);
      queue.check(0);
      const maxFrames = encoderMaxFrames(modelPackage.manifest) * FRAMES_PER_POSITION;
      const { tensor: features, transferSeconds } = await readTensor(rest, {
        name: 'features',
        dtypes: [DataType.F32, DataType.BF16],
        shape: [null, audio.melBins],
        maxBytes: maxFrames * audio.melBins * Float32Array.BYTES_PER_ELEMENT,
      });
      requireFrames(features, maxFrames);
      const audioSeconds = features.shape[0]! / FRAMES_PER_SECOND;
      const batched = await queue.submit({ features, audioSeconds }, { signal: context.signal });
      const hidden = batched.result.tensor;
      const report = batchReport(
        { stage: Stage.ENCODER, instance, inputs: [features], transferSeconds },
        batched,
      );
      const { forward } = config;
      if (forward === undefined) {
        for (const value of tensorFrames(hidden)) yield { response: { case: 'frame', value } };
        yield { response: { case: 'report', value: { stages: [report] } } };
        return;
      }
      const later = await adapters.call(forward.adapterAddress, (client) =>
        reportsFrom(client.adapt(configThenTensor({ forward }, hidden), outgoing(context))),
      );
      yield { response: { case: 'report', value: { stages: [report, ...later] } } };
    },
  });
}

function requireFrames({ shape }: WireTensor, maxFrames: number): void {
  const frames = shape[0]!;
  if (frames === 0)
    throw new MeshError('badTensor', 'tensor "features": expected at least one frame, got none.');
  if (frames <= maxFrames) return;
  throw new MeshError(
    'tooLong',
    `${frames} frames of features exceed the ${maxFrames} (${maxFrames / FRAMES_PER_SECOND} s) that the model takes; split the audio at pauses.`,
    { facts: { limitFrames: String(maxFrames) } },
  );
}
