import type { FileHandle } from 'node:fs/promises';
import { ConvertError } from '../convert-error.js';
import type { CheckpointTensor } from './checkpoint.js';
import { bytesPerElement, type ElementType } from './element-type.js';
import { readExactly } from './read-exactly.js';

/** How a tensor lies in a file. Extents and strides are whole numbers of at least 0, strides in elements. */
export interface StridedLayout {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Of the tensor's first element, from the start of the file, in bytes. */
  readonly byteOffset: number;
}

/** The most memory that reading a tensor without rows of its own may take. */
const MAX_GATHERED_BYTES = 512 * 2 ** 20;

/** A tensor that lies in an open file with strides; `label` is the file's name in messages. */
export function stridedTensor(
  name: string,
  layout: StridedLayout,
  handle: FileHandle,
  label: string,
): CheckpointTensor {
  const { dtype, shape, strides, byteOffset } = layout;
  const elementBytes = bytesPerElement(dtype);
  const rowShape = shape.slice(1);
  const rowBytes = product(rowShape) * elementBytes;
  const packedRows = isPacked(rowShape, strides.slice(1));
  const packed = isPacked(shape, strides);
  const rowStride = (strides[0] ?? 0) * elementBytes;

  return {
    name,
    dtype,
    shape,
    hasRows: packedRows,
    place: `${label}@${byteOffset}:${strides.filter((_, i) => shape[i]! > 1)}`,
    async readRows(first, count, target) {
      if (count * rowBytes === 0) return;
      if (packed) {
        await readExactly(handle, target.subarray(0, count * rowBytes), byteOffset + first * rowBytes, label);
      } else if (packedRows) {
        for (let row = 0; row < count; row++) {
          const into = target.subarray(row * rowBytes, (row + 1) * rowBytes);
          await readExactly(handle, into, byteOffset + (first + row) * rowStride, label);
        }
      } else {
        await gather(first, count, target);
      }
    },
  };

  /** Reads everything between the rows' first and last element and picks the elements out of it. */
  async function gather(first: number, count: number, target: Uint8Array): Promise<void> {
    const extents = [count, ...rowShape];
    const span = (spanOf(extents, strides) + 1) * elementBytes;
    if (span > MAX_GATHERED_BYTES) {
      throw new ConvertError(
        'format',
        `${label}: ${name} is a transposed view of ${span} bytes, more than is rearranged at once; save the checkpoint with contiguous tensors`,
      );
    }
    const source = new Uint8Array(span);
    await readExactly(handle, source, byteOffset + first * rowStride, label);
    let written = 0;
    const walk = (dimension: number, element: number): void => {
      if (dimension === extents.length) {
        const at = element * elementBytes;
        for (let i = 0; i < elementBytes; i++) target[written++] = source[at + i]!;
        return;
      }
      const stride = strides[dimension]!;
      for (let i = 0; i < extents[dimension]!; i++) walk(dimension + 1, element + i * stride);
    };
    walk(0, 0);
  }
}

/** The index of a tensor's last element from its first: 0 for an empty one. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((sum, extent, i) => sum + (extent - 1) * strides[i]!, 0);
}

/** Strides of a row-major tensor. */
export function packedStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

function isPacked(shape: readonly number[], strides: readonly number[]): boolean {
  const packed = packedStrides(shape);
  return shape.every((extent, i) => extent <= 1 || strides[i] === packed[i]);
}

function product(extents: readonly number[]): number {
  return extents.reduce((result, extent) => result * extent, 1);
}
