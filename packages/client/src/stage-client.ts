import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  DataType,
  type ExtractRequestSchema,
  featureExtractorDefinition,
  modalityAdapterDefinition,
  PcmEncoding,
  type StageReport,
  speechEncoderDefinition,
  type TensorFrame,
} from '@osum/proto';
import {
  f32Tensor,
  f32Values,
  maxChunkBytes,
  readTensor,
  TensorError,
  type TensorFrameInit,
  tensorFrames,
} from '@osum/tensor';
import { type CallOptions, Status } from 'nice-grpc';
import type { CallBounds } from './call-maker.js';
import { type ConnectionOptions, createConnection } from './connection.js';
import { noDetails } from './error-details.js';
import { OsumError } from './osum-error.js';

/** An array of 32-bit floats. */
export interface FloatTensor {
  /** Extent of each dimension, outermost first. */
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

/** What a stage made of one utterance. */
export interface StageAnswer {
  readonly tensor: FloatTensor;
  /** Instance, shapes, batch size, and where the time went. */
  readonly stages: readonly StageReport[];
}

/**
 * A client of one stage. Use the method of the stage that the address serves; behind a proxy that routes by service, all of them. Tensors of
 * a stage are described beside its service in `osum/v1`. Calls fail with `OsumError`.
 */
export interface StageClient {
  /** Log-mel features `[frames, bins]` of one utterance: one channel at 16 kHz, floats in [-1, 1] or 16-bit integers. */
  extract(pcm: Float32Array | Int16Array, bounds?: CallBounds): Promise<StageAnswer>;
  /** Hidden states `[positions, encoder width]` of features. */
  encode(features: FloatTensor, bounds?: CallBounds): Promise<StageAnswer>;
  /** Speech embeddings `[rows, decoder width]` of hidden states. */
  adapt(hidden: FloatTensor, bounds?: CallBounds): Promise<StageAnswer>;
  /** Closes the connection; running calls fail. */
  close(): void;
}

/** A message of any stage. */
interface StageResponse {
  readonly response:
    | { readonly case: 'frame'; readonly value: TensorFrame }
    | { readonly case: 'report'; readonly value: { readonly stages: readonly StageReport[] } }
    | { readonly case: undefined };
}

// More than any stage gives: 30 s of audio at the width of the published model are 12 MiB.
const maxTensorBytes = 2 ** 26;

/** A client of the stage at `address`. Connects with the first call. */
export function createStageClient(options: ConnectionOptions): StageClient {
  const { channel, clients, calls, model } = createConnection(options);
  const features = clients.create(featureExtractorDefinition, channel);
  const encoder = clients.create(speechEncoderDefinition, channel);
  const adapter = clients.create(modalityAdapterDefinition, channel);

  const answer = (
    name: string,
    ask: (callOptions: CallOptions) => AsyncIterable<StageResponse>,
    bounds: CallBounds | undefined,
  ) => answerOf(name, calls.answers(ask, bounds));

  return {
    extract: (pcm, bounds) =>
      answer('features', (callOptions) => features.extract(pcmRequests(pcm, model), callOptions), bounds),
    encode: (tensor, bounds) =>
      answer(
        'hidden',
        (callOptions) => encoder.encode(tensorRequests('features', tensor, model), callOptions),
        bounds,
      ),
    adapt: (tensor, bounds) =>
      answer(
        'speech',
        (callOptions) => adapter.adapt(tensorRequests('hidden', tensor, model), callOptions),
        bounds,
      ),
    close: () => channel.close(),
  };
}

async function* pcmRequests(
  pcm: Float32Array | Int16Array,
  model: string,
): AsyncGenerator<MessageInitShape<typeof ExtractRequestSchema>> {
  const encoding = pcm instanceof Int16Array ? PcmEncoding.S16LE : PcmEncoding.F32LE;
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  yield { request: { case: 'config', value: { encoding, model } } };
  for (let start = 0; start < bytes.length; start += maxChunkBytes) {
    yield { request: { case: 'pcm', value: bytes.subarray(start, start + maxChunkBytes) } };
  }
}

/** Messages to an encoder or an adapter. */
async function* tensorRequests(name: string, { shape, values }: FloatTensor, model: string) {
  yield { request: { case: 'config' as const, value: { model } } };
  for (const value of tensorFrames(f32Tensor(name, shape, values))) {
    yield { request: { case: 'frame' as const, value } satisfies { case: 'frame'; value: TensorFrameInit } };
  }
}

async function answerOf(name: string, responses: AsyncIterable<StageResponse>): Promise<StageAnswer> {
  let stages: readonly StageReport[] = [];
  async function* frames(): AsyncGenerator<TensorFrame> {
    for await (const { response } of responses) {
      if (response.case === 'frame') yield response.value;
      else if (response.case === 'report') stages = response.value.stages;
    }
  }
  const expected = {
    name,
    dtypes: [DataType.F32, DataType.BF16],
    shape: [null, null],
    maxBytes: maxTensorBytes,
  };
  try {
    const { tensor } = await readTensor(frames(), expected);
    return { tensor: { shape: tensor.shape, values: f32Values(tensor) }, stages };
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    const status = error.kind === 'corrupted' ? Status.DATA_LOSS : Status.INTERNAL;
    throw new OsumError(status, error.message, noDetails, { cause: error });
  }
}
