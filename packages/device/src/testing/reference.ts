/** x [m, k] times w [k, n], row-major, in double precision. */
export function matmul(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  m: number,
  k: number,
  n: number,
): Float64Array {
  const y = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += (x[i * k + p] as number) * (w[p * n + j] as number);
      y[i * n + j] = sum;
    }
  }
  return y;
}

/** w [rows, columns] as [columns, rows]. */
export function transposed(w: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    return w[(i % rows) * columns + Math.floor(i / rows)] as number;
  });
}

/** `f` applied to each row of `width` numbers. */
export function byRow(
  x: ArrayLike<number>,
  width: number,
  f: (row: number[]) => ArrayLike<number>,
): Float64Array {
  const all = Array.from(x);
  const rows: number[] = [];
  for (let start = 0; start < all.length; start += width)
    rows.push(...Array.from(f(all.slice(start, start + width))));
  return Float64Array.from(rows);
}

export function softmax(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

export function layerNorm(row: readonly number[], eps: number): number[] {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
  return row.map((x) => (x - mean) / Math.sqrt(variance + eps));
}

export function rmsNorm(row: readonly number[], eps: number): number[] {
  const square = row.reduce((a, b) => a + b * b, 0) / row.length;
  return row.map((x) => x / Math.sqrt(square + eps));
}

/** The error function, by the series of its integral; absolute error below 1e-12 for |x| < 4. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** One head: q [queries, d], k and v [keys, d]; key j is seen by query i when `visible(i, j)`. */
export function attention(
  q: readonly number[][],
  k: readonly number[][],
  v: readonly number[][],
  scale: number,
  visible: (query: number, key: number) => boolean,
): number[][] {
  return q.map((query, i) => {
    const scores = k.map((key, j) => {
      return visible(i, j) ? scale * key.reduce((sum, x, d) => sum + x * (query[d] as number), 0) : -Infinity;
    });
    const weights = softmax(scores);
    return query.map((_, d) => weights.reduce((sum, weight, j) => sum + weight * (v[j]?.[d] as number), 0));
  });
}
