import { bf16FromNumber } from '@osum/device';

/** Rounds floats to bf16, ties to even. `out` has room for one each. */
export function encodeBf16(values: Float32Array, out: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    out[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** Whether all floats are finite: rounding takes no care of others. */
export function areFinite(values: Float32Array): boolean {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) === 0x7f800000) return false;
  }
  return true;
}

/** The smallest scale of a row, so that a row of zeros has one. */
const SMALLEST_SCALE = Math.fround(1e-12);

/** The largest magnitude of a quantised weight. */
const LARGEST = 127;

/**
 * Quantises rows of `columns` floats to int8, symmetric, with one bf16 scale a row: scale = max |w| / 127 rounded to
 * bf16, value = w / scale rounded ties to even and clamped to 127, in float32 throughout, as training/osum_training's
 * quantize.py does.
 * @param values int8 of all rows, row-major.
 * @param scales bf16 bits of the rows' scales.
 */
export function quantiseRows(
  weights: Float32Array,
  columns: number,
  values: Int8Array,
  scales: Uint16Array,
): void {
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  for (let row = 0; row * columns < weights.length; row++) {
    const start = row * columns;
    const end = start + columns;
    let largest = 0;
    for (let i = start; i < end; i++) {
      const magnitude = Math.abs(weights[i]!);
      if (magnitude > largest) largest = magnitude;
    }
    const scaleBits = bf16FromNumber(Math.max(Math.fround(largest / LARGEST), SMALLEST_SCALE));
    scales[row] = scaleBits;
    scratchBits[0] = scaleBits << 16;
    const scale = scratch[0]!;
    for (let i = start; i < end; i++) {
      const rounded = roundHalfToEven(Math.fround(weights[i]! / scale));
      values[i] = Math.max(-LARGEST, Math.min(LARGEST, rounded));
    }
  }
}

/** Adding 1.5 * 2^52 leaves a double no bits for fractions: the processor rounds ties to even. */
const ROUNDER = 1.5 * 2 ** 52;

function roundHalfToEven(value: number): number {
  return value + ROUNDER - ROUNDER;
}
