import type { MessageInitShape } from '@bufbuild/protobuf';
import { f32Tensor, MeshError, openStream, readTensor, type TensorFrameInit, tensorFrames } from '@osum/mesh';
import {
  DataType,
  type EncodeRequest,
  type EncodeResponseSchema,
  type ExtractRequest,
  type ExtractResponseSchema,
  PcmEncoding,
  Stage,
} from '@osum/proto';

/** Gives the samples back as the tensor "features" of one column. Takes F32LE only. */
export async function* scriptedExtract(
  requests: AsyncIterable<ExtractRequest>,
): AsyncGenerator<MessageInitShape<typeof ExtractResponseSchema>> {
  const { first: config, rest } = await openStream(requests, 'config', 'pcm');
  if (config.encoding !== PcmEncoding.F32LE) throw new MeshError('badRequest', 'expected F32LE');
  const pieces: Uint8Array[] = [];
  for await (const piece of rest) pieces.push(piece);
  const bytes = Uint8Array.from(Buffer.concat(pieces));
  const samples = new Float32Array(bytes.buffer);
  for (const frame of tensorFrames(f32Tensor('features', [samples.length, 1], samples))) {
    yield { response: { case: 'frame', value: frame } };
  }
  yield { response: { case: 'report', value: { stages: [{ stage: Stage.FEATURES }] } } };
}

/**
 * Checks the tensor "features" as a stage does, and gives it back as "hidden". The name of the model says how:
 *
 * - empty: as it came;
 * - `corrupt`: with a checksum that does not fit;
 * - `cut`: without the end;
 * - `gap`: with a chunk left out.
 */
export async function* scriptedEncode(
  requests: AsyncIterable<EncodeRequest>,
): AsyncGenerator<MessageInitShape<typeof EncodeResponseSchema>> {
  const { first: config, rest } = await openStream(requests, 'config', 'frame');
  const { tensor } = await readTensor(rest, {
    name: 'features',
    dtypes: [DataType.F32],
    shape: [null, null],
    maxBytes: 1 << 26,
  });
  for (const frame of spoilt(tensorFrames({ ...tensor, name: 'hidden' }), config.model)) {
    yield { response: { case: 'frame', value: frame } };
  }
  yield { response: { case: 'report', value: { stages: [{ stage: Stage.ENCODER }] } } };
}

function* spoilt(frames: Iterable<TensorFrameInit>, how: string): Generator<TensorFrameInit> {
  for (const whole of frames) {
    const { frame } = whole;
    const isChunk = frame?.case === 'chunk';
    if (isChunk && how === 'corrupt')
      yield { frame: { case: 'chunk', value: { ...frame.value, crc32c: 1 } } };
    else if (isChunk && how === 'gap' && frame.value.offset === 0n) continue;
    else if (frame?.case === 'end' && how === 'cut') continue;
    else yield whole;
  }
}
