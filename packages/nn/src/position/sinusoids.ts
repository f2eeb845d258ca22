/**
 * Whisper's positional table, row-major [positions, width], float32: sines of all rates in the first half of a row,
 * cosines in the second; rate i = exp(-i ln(10000) / (width / 2 - 1)). Source: osum-pangu-model.md, section 2.
 */
export function whisperPositions(positions: number, width: number): Float32Array {
  const half = width / 2;
  const step = Math.fround(Math.log(10_000) / (half - 1));
  const rates = Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(-i * step)));
  const table = new Float32Array(positions * width);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * rates[i]!);
      table[p * width + i] = Math.sin(angle);
      table[p * width + half + i] = Math.cos(angle);
    }
  }
  return table;
}

/**
 * The adapter's positional table, row-major [positions, width], float32: sine and cosine interleaved;
 * rate i = exp(-2i ln(10000) / width). Source: osum-pangu-model.md, section 3.
 */
export function adapterPositions(positions: number, width: number): Float32Array {
  const half = width / 2;
  const step = Math.fround(-Math.log(10_000) / width);
  const rates = Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(2 * i * step)));
  const table = new Float32Array(positions * width);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * rates[i]!);
      table[p * width + 2 * i] = Math.sin(angle);
      table[p * width + 2 * i + 1] = Math.cos(angle);
    }
  }
  return table;
}
