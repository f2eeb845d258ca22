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

/** Ours beside a peer's of the same names, and ours as a multiple of theirs. */
export function comparisonTable(
  title: string,
  ours: readonly Figure[],
  peer: string,
  theirs: readonly Figure[],
): string {
  const width = Math.max(...ours.map(({ name }) => name.length));
  const lines = ours.map(({ name, value, unit }) => {
    const other = theirs.find((figure) => figure.name === name)?.value;
    const compared =
      other === undefined ? '' : `  ${peer} ${rounded(other).padStart(8)}  ${(value / other).toFixed(2)} x`;
    return `  ${name.padEnd(width)}  ${rounded(value).padStart(10)} ${unit}${compared}`;
  });
  return [title, ...lines].join('\n');
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
