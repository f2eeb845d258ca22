import { crc32c } from '@node-rs/crc32';
import { DataType, type TensorChunk, type TensorFrame, type TensorHeader } from '@osum/proto';
import { TensorError } from './tensor-error.js';
import { maxChunkBytes } from './tensor-frames.js';
import { elementBytes, elementCount, type WireTensor } from './wire-tensor.js';

/** What a reader takes. */
export interface ExpectedTensor {
  /** Name of the tensor. */
  name: string;
  /** Element types that are taken. */
  dtypes: readonly DataType[];
  /** Extent of each dimension; null where any will do. */
  shape: readonly (number | null)[];
  /** Most bytes of the tensor. */
  maxBytes: number;
}

/** A tensor and how long its frames took to come, from the first to the last. */
export interface ReceivedTensor {
  tensor: WireTensor;
  transferSeconds: number;
}

/**
 * Reads exactly one tensor, and the end of the stream after it.
 *
 * @throws TensorError `badTensor` for another name, type, shape, size or offset; `badOrder` for frames out of order or a stream that
 *   ends too early or goes on; `corrupted` for a chunk whose checksum does not fit; `tooLong` above `maxBytes`.
 */
export async function readTensor(
  frames: AsyncIterable<TensorFrame>,
  expected: ExpectedTensor,
): Promise<ReceivedTensor> {
  let open: OpenTensor | undefined;
  let ended = false;
  let began = 0;
  for await (const { frame } of frames) {
    const came = frame.case ?? 'an empty frame';
    if (ended) throw badOrder(expected, endOfStream, came);
    if (open === undefined) {
      if (frame.case !== 'header') throw badOrder(expected, 'a header', came);
      began = performance.now();
      open = openTensor(frame.value, expected);
    } else if (frame.case === 'chunk') {
      addChunk(open, frame.value);
    } else if (frame.case === 'end') {
      if (open.received !== open.data.byteLength) {
        throw badTensor(expected, `the end came after ${open.received} of ${open.data.byteLength} bytes`);
      }
      ended = true;
    } else {
      throw badOrder(expected, 'a chunk or the end', came);
    }
  }
  if (open === undefined) throw badOrder(expected, 'a header', endOfStream);
  if (!ended) throw badOrder(expected, 'a chunk or the end', endOfStream);
  const { name, dtype, shape, data } = open;
  return { tensor: { name, dtype, shape, data }, transferSeconds: (performance.now() - began) / 1000 };
}

interface OpenTensor extends WireTensor {
  chunks: number;
  received: number;
}

function openTensor({ info, byteSize }: TensorHeader, expected: ExpectedTensor): OpenTensor {
  if (info === undefined) throw badTensor(expected, 'the header has no info');
  const { name, dtype, shape } = info;
  if (name !== expected.name) throw badTensor(expected, `the header is of "${name}"`);
  const bytes = expected.dtypes.includes(dtype) ? elementBytes(dtype) : undefined;
  if (bytes === undefined) throw badTensor(expected, `the element type is ${DataType[dtype] ?? dtype}`);
  const fits =
    shape.length === expected.shape.length &&
    expected.shape.every((extent, axis) => extent === null || extent === shape[axis]);
  if (!fits) throw badTensor(expected, `the shape is [${shape.join(', ')}]`);
  const size = elementCount(shape) * bytes;
  if (BigInt(size) !== byteSize) {
    throw badTensor(expected, `byte_size is ${byteSize}, but shape and element type make ${size}`);
  }
  if (size > expected.maxBytes) {
    throw new TensorError(
      'tooLong',
      `tensor "${name}" has ${size} bytes; the limit is ${expected.maxBytes}.`,
      {
        limitBytes: String(expected.maxBytes),
      },
    );
  }
  return { name, dtype, shape, data: new Uint8Array(size), chunks: 0, received: 0 };
}

function addChunk(open: OpenTensor, { offset, data, crc32c: checksum }: TensorChunk): void {
  const at = `tensor "${open.name}", chunk ${open.chunks}`;
  if (data.byteLength < 1 || data.byteLength > maxChunkBytes) {
    throw new TensorError(
      'badTensor',
      `${at}: expected 1 to ${maxChunkBytes} bytes, got ${data.byteLength}.`,
    );
  }
  if (offset !== BigInt(open.received)) {
    throw new TensorError('badTensor', `${at}: expected offset ${open.received}, got ${offset}.`);
  }
  if (open.received + data.byteLength > open.data.byteLength) {
    throw new TensorError(
      'badTensor',
      `${at}: ends at byte ${open.received + data.byteLength} of ${open.data.byteLength}.`,
    );
  }
  if (crc32c(data) !== checksum) {
    throw new TensorError('corrupted', `${at}: its CRC-32C does not fit its bytes.`, {
      chunk: String(open.chunks),
    });
  }
  open.data.set(data, open.received);
  open.received += data.byteLength;
  open.chunks += 1;
}

function describe({ name, dtypes, shape }: ExpectedTensor): string {
  const types = dtypes.map((dtype) => DataType[dtype]).join(' or ');
  return `expected tensor "${name}" of ${types}, shape [${shape.map((extent) => extent ?? '*').join(', ')}]`;
}

function badTensor(expected: ExpectedTensor, found: string): TensorError {
  return new TensorError('badTensor', `${describe(expected)}; ${found}.`);
}

const endOfStream = 'the end of the stream';

function badOrder(expected: ExpectedTensor, wanted: string, came: string): TensorError {
  return new TensorError('badOrder', `tensor "${expected.name}": expected ${wanted}, got ${came}.`);
}
