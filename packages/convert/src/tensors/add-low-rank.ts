/** Rows and ranks that are worked on together, so that what is loaded once is used four times. */
const BLOCK = 4;

/**
 * weight += scale * b a, in place: `weight` [rows, inputs], `b` [rows, rank], `a` [rank, inputs], of any extents. Sums
 * of four ranks are made in float64 and added in float32, the same on every machine.
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
  const factors = new Float64Array(BLOCK * BLOCK);
  for (let row = 0; row < rows; row += BLOCK) {
    const ownRows = Math.min(BLOCK, rows - row);
    for (let first = 0; first < rank; first += BLOCK) {
      const ownRanks = Math.min(BLOCK, rank - first);
      factors.fill(0);
      for (let i = 0; i < ownRows; i++) {
        for (let r = 0; r < ownRanks; r++) factors[BLOCK * i + r] = scale * b[(row + i) * rank + first + r]!;
      }
      const target = weight.subarray(row * inputs, (row + ownRows) * inputs);
      const source = a.subarray(first * inputs, (first + ownRanks) * inputs);
      if (ownRows === BLOCK && ownRanks === BLOCK) addBlock(target, factors, source, inputs);
      else addEdge(target, factors, source, inputs);
    }
  }
}

/** target [4, inputs] += factors [4, 4] source [4, inputs] */
function addBlock(target: Float32Array, factors: Float64Array, source: Float32Array, inputs: number): void {
  const f = Array.from(factors);
  const [f00, f01, f02, f03, f10, f11, f12, f13] = f as unknown as Eight;
  const [f20, f21, f22, f23, f30, f31, f32, f33] = f.slice(8) as unknown as Eight;
  for (let i = 0; i < inputs; i++) {
    const s0 = source[i]!;
    const s1 = source[inputs + i]!;
    const s2 = source[2 * inputs + i]!;
    const s3 = source[3 * inputs + i]!;
    target[i]! += f00 * s0 + f01 * s1 + (f02 * s2 + f03 * s3);
    target[inputs + i]! += f10 * s0 + f11 * s1 + (f12 * s2 + f13 * s3);
    target[2 * inputs + i]! += f20 * s0 + f21 * s1 + (f22 * s2 + f23 * s3);
    target[3 * inputs + i]! += f30 * s0 + f31 * s1 + (f32 * s2 + f33 * s3);
  }
}

type Eight = [number, number, number, number, number, number, number, number];

/** The same for fewer rows or ranks. */
function addEdge(target: Float32Array, factors: Float64Array, source: Float32Array, inputs: number): void {
  for (let at = 0; at < target.length; at++) {
    const row = Math.floor(at / inputs);
    let sum = 0;
    for (let r = 0; r * inputs < source.length; r++) {
      sum += factors[BLOCK * row + r]! * source[r * inputs + (at % inputs)]!;
    }
    target[at]! += sum;
  }
}
