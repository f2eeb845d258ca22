import {
  type BatchCaller,
  type Batched,
  type BatchQueue,
  type BoundService,
  bindService,
  MeshError,
  openStream,
  outgoing,
  readTensor,
  type WireTensor,
} from '@osum/mesh';
import { encoderMaxFrames, type ModelPackage } from '@osum/nn';
import { DataType, type modalityAdapterDefinition, SpeechEncoder, Stage } from '@osum/proto';
import {
  type BatchOutput,
  batchReport,
  configThenTensor,
  type NextStage,
  reportAnswer,
  reportsFrom,
  requireModel,
  tensorAnswer,
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
      const stage = loaded();
      const { modelPackage, queue, adapters, instance } = stage;
      const { first: config, rest } = await openStream(requests, 'config', 'frame');
      const { name, audio } = modelPackage.manifest;
      requireModel(config.model, name);
      const { forward } = config;
      if (forward !== undefined) adapters.check(forward.adapterAddress, 'config.forward.adapter_address');
      queue.check(0, context.tenant);
      const maxFrames = maxFramesOf(modelPackage);
      const { tensor: features, transferSeconds } = await readTensor(rest, {
        name: 'features',
        dtypes: [DataType.F32, DataType.BF16],
        shape: [null, audio.melBins],
        maxBytes: maxFrames * audio.melBins * Float32Array.BYTES_PER_ELEMENT,
      });
      const batched = await encodeUtterance(stage, features, context);
      const hidden = batched.result.tensor;
      const report = batchReport(
        { stage: Stage.ENCODER, instance, inputs: [features], transferSeconds },
        batched,
        context,
      );
      if (forward === undefined) {
        yield* tensorAnswer(hidden, report);
        return;
      }
      const later = await adapters.call(forward.adapterAddress, (client) =>
        reportsFrom(client.adapt(configThenTensor({ forward }, hidden), outgoing(context))),
      );
      yield reportAnswer([report, ...later]);
    },
  });
}

/** Hidden states of an utterance, from its features `[frames, mel bins]`. Throws INVALID_ARGUMENT or OUT_OF_RANGE. */
export function encodeUtterance(
  { queue, modelPackage }: Encoder,
  features: WireTensor,
  caller: BatchCaller,
): Promise<Batched<BatchOutput>> {
  requireFrames(features, maxFramesOf(modelPackage));
  const audioSeconds = features.shape[0]! / FRAMES_PER_SECOND;
  return queue.submit({ features, audioSeconds }, caller);
}

function maxFramesOf({ manifest }: ModelPackage): number {
  return encoderMaxFrames(manifest) * FRAMES_PER_POSITION;
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
