import { bytesOf, type DType, elementsIn } from './dtype.js';
import { bf16FromNumber, f16FromNumber, numberFromBf16, numberFromF16 } from './float16.js';

/** Encodes numbers as little-endian elements of `dtype`; floats round to nearest even, integers must be exact. */
export function bytesFromValues(dtype: DType, values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(bytesOf(dtype, values.length));
  const count = values.length;
  switch (dtype) {
    case 'f32':
      new Float32Array(bytes.buffer).set(values);
      break;
    case 'i32':
      new Int32Array(bytes.buffer).set(values);
      break;
    case 'i64': {
      const out = new BigInt64Array(bytes.buffer);
      for (let i = 0; i < count; i++) out[i] = BigInt(values[i] as number);
      break;
    }
    case 'bf16':
    case 'f16': {
      const out = new Uint16Array(bytes.buffer);
      const encode = dtype === 'bf16' ? bf16FromNumber : f16FromNumber;
      for (let i = 0; i < count; i++) out[i] = encode(values[i] as number);
      break;
    }
    case 'i8':
      new Int8Array(bytes.buffer).set(values);
      break;
    case 'i4':
      for (let i = 0; i < count; i++) {
        const nibble = (values[i] as number) & 15;
        bytes[i >> 1] = (bytes[i >> 1] as number) | (i % 2 === 0 ? nibble : nibble << 4);
      }
      break;
    case 'u8':
    case 'bool':
      bytes.set(values);
      break;
  }
  return bytes;
}

/** Decodes little-endian elements of `dtype` into numbers; `i64` beyond 2^53 loses precision. */
export function valuesFromBytes(dtype: DType, source: Uint8Array): Float64Array {
  const bytes = source.byteOffset % 8 === 0 ? source : source.slice();
  const { buffer, byteOffset } = bytes;
  const count = elementsIn(dtype, bytes.byteLength);
  switch (dtype) {
    case 'f32':
      return Float64Array.from(new Float32Array(buffer, byteOffset, count));
    case 'i32':
      return Float64Array.from(new Int32Array(buffer, byteOffset, count));
    case 'i64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'bf16':
      return Float64Array.from(new Uint16Array(buffer, byteOffset, count), numberFromBf16);
    case 'f16':
      return Float64Array.from(new Uint16Array(buffer, byteOffset, count), numberFromF16);
    case 'i8':
      return Float64Array.from(new Int8Array(buffer, byteOffset, count));
    case 'i4':
      return Float64Array.from({ length: count }, (_, i) => {
        const byte = bytes[i >> 1] as number;
        return ((i % 2 === 0 ? byte << 28 : byte << 24) >> 28) as number;
      });
    case 'u8':
    case 'bool':
      return Float64Array.from(bytes);
  }
}
