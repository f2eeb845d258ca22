/**
 * The value below which the share `q` of the values lies, interpolated between neighbours (the definition R-7 of Hyndman and Fan,
 * 1996, which NumPy and R use). NaN without values.
 *
 * @param q in [0, 1]; 0.5 is the median.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position % 1);
}
