import { bf16FromNumber, numberFromBf16 } from '@osum/device';

/** An int8 weight: w = value * scale of its row. */
export interface QuantisedWeight {
  /** [rows, columns] */
  readonly values: Int8Array;
  /** [rows], exact in bf16 */
  readonly scales: Float32Array;
}

/** Symmetric int8 per output row, quantised against the scale as bf16 stores it. */
export function quantiseRows(weight: Float32Array, rows: number): QuantisedWeight {
  const columns = weight.length / rows;
  const values = new Int8Array(weight.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const source = weight.subarray(row * columns, (row + 1) * columns);
    const largest = source.reduce((max, w) => Math.max(max, Math.abs(w)), 0);
    const scale = numberFromBf16(bf16FromNumber(largest === 0 ? 1 : largest / 127));
    scales[row] = scale;
    source.forEach((w, i) => {
      values[row * columns + i] = Math.max(-127, Math.min(127, Math.round(w / scale)));
    });
  }
  return { values, scales };
}
