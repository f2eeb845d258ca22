/** One measured number. */
export interface Figure {
  /** What was measured, with its shape. */
  readonly name: string;
  readonly value: number;
  /** Such as `GFLOP/s` or `tokens/s`. */
  readonly unit: string;
}

/** Figures as a table for a terminal. */
export function figureTable(title: string, figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(
    ({ name, value, unit }) => `  ${name.padEnd(width)}  ${rounded(value).padStart(10)} ${unit}`,
  );
  return [title, ...lines].join('\n');
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
