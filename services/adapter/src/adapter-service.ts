import {
  type AddressList,
  type BatchCaller,
  type Batched,
  type BatchQueue,
  type BoundService,
  badField,
  bindService,
  type Channels,
  type MeshContext,
  MeshError,
  openStream,
  outgoing,
  readTensor,
  type TensorFrameInit,
  tensorFrames,
  type WireTensor,
} from '@osum/mesh';
import { encoderMaxFrames, type ModelPackage } from '@osum/nn';
import { type AttachTarget, DataType, languageDecoderDefinition, ModalityAdapter, Stage } from '@osum/proto';
import {
  type BatchOutput,
  batchReport,
  reportAnswer,
  requireForward,
  requireModel,
  type StageReportInit,
  tensorAnswer,
} from '@osum/stage';
import type { AdapterUtterance } from './adapter-queue.js';

/** Encoder positions of a second of audio. */
const POSITIONS_PER_SECOND = 50;

/** What the handlers need. */
export interface Adapter {
  readonly queue: BatchQueue<AdapterUtterance, BatchOutput>;
  readonly modelPackage: ModelPackage;
  readonly instance: string;
  /** To the decoders, whose addresses come with the calls. */
  readonly channels: Channels;
  /** Decoders that calls may name. */
  readonly decoders: AddressList;
}

/** The handlers of `osum.v1.ModalityAdapter`. */
export function adapterService(loaded: () => Adapter): BoundService {
  return bindService(ModalityAdapter, {
    async *adapt(requests, context) {
      const stage = loaded();
      const { modelPackage, queue, channels, decoders, instance } = stage;
      const { first: config, rest } = await openStream(requests, 'config', 'frame');
      const { name, encoder } = modelPackage.manifest;
      requireModel(config.model, name);
      const decoder = config.forward === undefined ? null : requireTarget(config.forward.decoder, decoders);
      queue.check(0, context.tenant);
      const maxPositions = encoderMaxFrames(modelPackage.manifest);
      const { tensor: hidden, transferSeconds } = await readTensor(rest, {
        name: 'hidden',
        dtypes: [DataType.F32, DataType.BF16],
        shape: [null, encoder.width],
        maxBytes: maxPositions * encoder.width * Float32Array.BYTES_PER_ELEMENT,
      });
      const batched = await adaptUtterance(stage, hidden, context);
      const speech = batched.result.tensor;
      const report = batchReport(
        { stage: Stage.ADAPTER, instance, inputs: [hidden], transferSeconds },
        batched,
        context,
      );
      if (decoder === null) {
        yield* tensorAnswer(speech, report);
        return;
      }
      const attached = await attach(channels, decoder, speech, context);
      yield reportAnswer([report, ...attached]);
    },
  });
}

/** Speech embeddings of an utterance, from its hidden states `[positions, width]`. Throws INVALID_ARGUMENT or OUT_OF_RANGE. */
export function adaptUtterance(
  { queue, modelPackage }: Adapter,
  hidden: WireTensor,
  caller: BatchCaller,
): Promise<Batched<BatchOutput>> {
  requirePositions(hidden, encoderMaxFrames(modelPackage.manifest));
  const audioSeconds = hidden.shape[0]! / POSITIONS_PER_SECOND;
  return queue.submit({ hidden, audioSeconds }, caller);
}

/** Pushes the embeddings to the decoding session that waits for them. */
async function attach(
  channels: Channels,
  target: AttachTarget,
  speech: WireTensor,
  context: MeshContext,
): Promise<StageReportInit[]> {
  const { report } = await channels.visit(languageDecoderDefinition, target.address, (client) =>
    client.attach(attachThenTensor(target, speech), outgoing(context)),
  );
  return report === undefined ? [] : [report];
}

type AttachMessage =
  | { request: { case: 'attach'; value: { sessionId: string; token: string } } }
  | { request: { case: 'frame'; value: TensorFrameInit } };

async function* attachThenTensor(
  { sessionId, token }: AttachTarget,
  speech: WireTensor,
): AsyncGenerator<AttachMessage, void, undefined> {
  yield { request: { case: 'attach', value: { sessionId, token } } };
  for (const value of tensorFrames(speech)) yield { request: { case: 'frame', value } };
}

function requireTarget(target: AttachTarget | undefined, decoders: AddressList): AttachTarget {
  if (target === undefined || target.address === '') {
    throw badField(
      'config.forward.decoder',
      'expected the address, session and token that Generate gave in `admitted`, got no address.',
    );
  }
  requireForward(decoders, target.address, 'config.forward.decoder.address');
  return target;
}

function requirePositions({ shape }: WireTensor, maxPositions: number): void {
  const positions = shape[0]!;
  if (positions === 0)
    throw new MeshError('badTensor', 'tensor "hidden": expected at least one position, got none.');
  if (positions <= maxPositions) return;
  throw new MeshError(
    'tooLong',
    `${positions} positions of hidden states exceed the ${maxPositions} (${maxPositions / POSITIONS_PER_SECOND} s) that the model takes; split the audio at pauses.`,
    { facts: { limitPositions: String(maxPositions) } },
  );
}
