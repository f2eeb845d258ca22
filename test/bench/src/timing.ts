/** The middle of a list of numbers; of an even count the lower middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('the median of no values');
  return middle;
}

/** How often something is measured. */
export interface Repetition {
  /** Runs that count; their median is the figure. */
  readonly runs: number;
  /** Runs before, which do not count. */
  readonly warmUps: number;
}

/** Median seconds that `work` takes. */
export async function medianSeconds(work: () => Promise<unknown>, repetition: Repetition): Promise<number> {
  return median(await secondsOfRuns(work, repetition));
}

/** Seconds that `work` takes in each run that counts. */
export async function secondsOfRuns(
  work: () => Promise<unknown>,
  { runs, warmUps }: Repetition,
): Promise<number[]> {
  for (let i = 0; i < warmUps; i++) await work();
  const seconds: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}
