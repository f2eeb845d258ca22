/** Ranks that are added in one pass over a row: enough for the sums to stay in registers. */
const RANKS_AT_ONCE = 8;

/**
 * weight += scale * b a, in place and in float32: `weight` [rows, inputs], `b` [rows, rank], `a` [rank, inputs]. `rank`
 * is of any size.
 */
export function addLowRank(
  weight: Float32Array,
  b: Float32Array,
  a: Float32Array,
  rank: number,
  scale: number,
): void {
  const inputs = a.length / rank;
  const rows = weight.length / inputs;
  const factors = new Float64Array(RANKS_AT_ONCE);
  for (let start = 0; start < rank; start += RANKS_AT_ONCE) {
    const count = Math.min(RANKS_AT_ONCE, rank - start);
    // Missing ranks of the last pass read some row of `a` with a factor of zero.
    const parts = Array.from({ length: RANKS_AT_ONCE }, (_, i) => {
      const at = start + Math.min(i, count - 1);
      return a.subarray(at * inputs, (at + 1) * inputs);
    });
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < RANKS_AT_ONCE; i++) factors[i] = i < count ? scale * b[row * rank + start + i]! : 0;
      addRow(weight.subarray(row * inputs, (row + 1) * inputs), factors, parts);
    }
  }
}

function addRow(target: Float32Array, factors: Float64Array, parts: readonly Float32Array[]): void {
  const f0 = factors[0]!;
  const f1 = factors[1]!;
  const f2 = factors[2]!;
  const f3 = factors[3]!;
  const f4 = factors[4]!;
  const f5 = factors[5]!;
  const f6 = factors[6]!;
  const f7 = factors[7]!;
  const a0 = parts[0]!;
  const a1 = parts[1]!;
  const a2 = parts[2]!;
  const a3 = parts[3]!;
  const a4 = parts[4]!;
  const a5 = parts[5]!;
  const a6 = parts[6]!;
  const a7 = parts[7]!;
  for (let i = 0; i < target.length; i++) {
    target[i] =
      target[i]! +
      f0 * a0[i]! +
      f1 * a1[i]! +
      f2 * a2[i]! +
      f3 * a3[i]! +
      f4 * a4[i]! +
      f5 * a5[i]! +
      f6 * a6[i]! +
      f7 * a7[i]!;
  }
}
