/**
 * Element types of tensors.
 *
 * `f16` and `bf16` are 16-bit floats, `i4` packs two values into a byte (low nibble first), `bool` is one byte.
 */
export type DType = 'f32' | 'f16' | 'bf16' | 'i8' | 'i4' | 'i32' | 'i64' | 'u8' | 'bool';

/** The `aclDataType` number of a type (ABI reference 3.2). */
export const ACL_DTYPE: Readonly<Record<DType, number>> = {
  f32: 0,
  f16: 1,
  i8: 2,
  i32: 3,
  u8: 4,
  i64: 9,
  bool: 12,
  bf16: 27,
  i4: 29,
};

const BITS: Readonly<Record<DType, number>> = {
  f32: 32,
  f16: 16,
  bf16: 16,
  i8: 8,
  i4: 4,
  i32: 32,
  i64: 64,
  u8: 8,
  bool: 8,
};

/** Bytes that `count` elements of `dtype` occupy when stored one after another; `i4` rounds up to whole bytes. */
export function bytesOf(dtype: DType, count: number): number {
  return Math.ceil((count * BITS[dtype]) / 8);
}

/** Elements of `dtype` in `bytes` bytes. */
export function elementsIn(dtype: DType, bytes: number): number {
  return Math.floor((bytes * 8) / BITS[dtype]);
}

/** True for `f32`, `f16` and `bf16`. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'f32' || dtype === 'f16' || dtype === 'bf16';
}

/**
 * The type two operands are computed in (ABI reference 3.7, the rules of PyTorch): f16 with bf16 gives f32, a float
 * with an integer gives the float, bool is lowest.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) && isFloat(b)) return 'f32';
  if (isFloat(a)) return a;
  if (isFloat(b)) return b;
  const rank: readonly DType[] = ['bool', 'i4', 'u8', 'i8', 'i32', 'i64'];
  if ((a === 'u8' && b === 'i8') || (a === 'i8' && b === 'u8')) {
    throw new TypeError('u8 and i8 promote to int16, which is not supported; cast one operand first');
  }
  return rank.indexOf(a) > rank.indexOf(b) ? a : b;
}

/** The dtype in which a scalar operand of a tensor is passed: it must not lift an integer tensor to a float. */
export function scalarDType(dtype: DType): DType {
  return isFloat(dtype) ? 'f32' : 'i64';
}
