import type { MessageInitShape } from '@bufbuild/protobuf';
import { crc32c } from '@node-rs/crc32';
import type { TensorFrameSchema } from '@osum/proto';
import { tensorInfo, type WireTensor } from './wire-tensor.js';

/** Most bytes of a chunk: 512 KiB. */
export const maxChunkBytes = 512 * 1024;

/** A frame as it is given to a client or yielded by a handler. */
export type TensorFrameInit = MessageInitShape<typeof TensorFrameSchema>;

/**
 * The frames of a tensor: header, chunks, end. Chunks are views, so the tensor must not change until they are sent.
 *
 * @param options.chunkBytes Bytes of a chunk, 1 to {@link maxChunkBytes}. Default: the most.
 */
export function* tensorFrames(
  tensor: WireTensor,
  { chunkBytes = maxChunkBytes }: { chunkBytes?: number } = {},
): Generator<TensorFrameInit, void, undefined> {
  const { data } = tensor;
  yield { frame: { case: 'header', value: { info: tensorInfo(tensor), byteSize: BigInt(data.byteLength) } } };
  for (let offset = 0; offset < data.byteLength; offset += chunkBytes) {
    const piece = data.subarray(offset, offset + chunkBytes);
    yield { frame: { case: 'chunk', value: { offset: BigInt(offset), data: piece, crc32c: crc32c(piece) } } };
  }
  yield { frame: { case: 'end', value: {} } };
}
