import { DataType, type TensorInfo } from '@osum/proto';

/** A tensor as it travels: raw elements, row-major, little-endian. */
export interface WireTensor {
  readonly name: string;
  readonly dtype: DataType;
  /** Extent of each dimension, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const bytesByType: Partial<Record<DataType, number>> = {
  [DataType.F32]: 4,
  [DataType.F16]: 2,
  [DataType.BF16]: 2,
  [DataType.I8]: 1,
  [DataType.U8]: 1,
  [DataType.I32]: 4,
  [DataType.I64]: 8,
  [DataType.BOOL]: 1,
};

/** Bytes of one element; undefined for a type that does not exist. */
export function elementBytes(dtype: DataType): number | undefined {
  return bytesByType[dtype];
}

/** Elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Name, element type and shape, as reports carry them. */
export function tensorInfo({ name, dtype, shape }: WireTensor): Omit<TensorInfo, '$typeName'> {
  return { name, dtype, shape: [...shape] };
}

/** A tensor of 32-bit floats over the memory of `values`. Throws if shape and length differ. */
export function f32Tensor(name: string, shape: readonly number[], values: Float32Array): WireTensor {
  if (elementCount(shape) !== values.length) {
    throw new RangeError(
      `tensor ${name}: shape [${shape.join(', ')}] needs ${elementCount(shape)} values, got ${values.length}`,
    );
  }
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dtype: DataType.F32, shape, data };
}

/** The values of an F32 or BF16 tensor; without a copy where type and alignment allow. */
export function f32Values({ name, dtype, data }: WireTensor): Float32Array {
  if (dtype === DataType.BF16) return f32FromBf16(data);
  if (dtype !== DataType.F32)
    throw new TypeError(`tensor ${name}: expected F32 or BF16, got ${DataType[dtype]}`);
  const aligned = data.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  return new Float32Array(
    aligned.buffer,
    aligned.byteOffset,
    aligned.byteLength / Float32Array.BYTES_PER_ELEMENT,
  );
}

// bfloat16 is the upper half of a binary32.
function f32FromBf16(data: Uint8Array): Float32Array {
  const bits = new Uint32Array(data.byteLength / 2);
  for (let i = 0; i < bits.length; i++) bits[i] = ((data[2 * i + 1]! << 8) | data[2 * i]!) << 16;
  return new Float32Array(bits.buffer);
}
