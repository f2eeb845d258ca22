import type { TensorFrame } from '@osum/proto';
import {
  type ExpectedTensor,
  type ReceivedTensor,
  readTensor as readFrames,
  TensorError,
} from '@osum/tensor';
import { MeshError } from '../status/mesh-error.js';

/**
 * Reads exactly one tensor, and the end of the stream after it.
 *
 * @throws MeshError `badTensor` for another name, type, shape, size or offset; `badOrder` for frames out of order or a stream that
 *   ends too early or goes on; `corrupted` for a chunk whose checksum does not fit; `tooLong` above `maxBytes`.
 */
export async function readTensor(
  frames: AsyncIterable<TensorFrame>,
  expected: ExpectedTensor,
): Promise<ReceivedTensor> {
  try {
    return await readFrames(frames, expected);
  } catch (error) {
    if (error instanceof TensorError) throw new MeshError(error.kind, error.message, { facts: error.facts });
    throw error;
  }
}
