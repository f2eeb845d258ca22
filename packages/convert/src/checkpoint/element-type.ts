import { numberFromF16 } from '@osum/device';

/** Types of elements that checkpoints hold. */
export type ElementType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool';

const BYTES: Readonly<Record<ElementType, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};

/** Bytes of one element. */
export function bytesPerElement(type: ElementType): number {
  return BYTES[type];
}

/** Whether elements of this type can be weights. */
export function isFloatType(type: ElementType): boolean {
  return type === 'f64' || type === 'f32' || type === 'f16' || type === 'bf16';
}

/**
 * Decodes little-endian floats into `out`, one for each of its elements. `source` begins at a multiple of 8 in its
 * buffer.
 */
export function decodeFloats(type: ElementType, source: Uint8Array, out: Float32Array): void {
  const { buffer, byteOffset } = source;
  const count = out.length;
  switch (type) {
    case 'f32':
      out.set(new Float32Array(buffer, byteOffset, count));
      return;
    case 'f64':
      out.set(new Float64Array(buffer, byteOffset, count));
      return;
    case 'bf16': {
      const bits = new Uint16Array(buffer, byteOffset, count);
      const words = new Uint32Array(out.buffer, out.byteOffset, count);
      for (let i = 0; i < count; i++) words[i] = bits[i]! << 16;
      return;
    }
    case 'f16': {
      const bits = new Uint16Array(buffer, byteOffset, count);
      for (let i = 0; i < count; i++) out[i] = HALVES[bits[i]!]!;
      return;
    }
    default:
      throw new TypeError(`expected floats, got ${type}`);
  }
}

/** The values of all IEEE halves. */
const HALVES = Float32Array.from({ length: 2 ** 16 }, (_, bits) => numberFromF16(bits));
