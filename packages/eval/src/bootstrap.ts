import { quantile } from './quantile.js';
import { seededRandom } from './seeded-random.js';

/** A measured value with its confidence interval; each is null where it is not defined (no reference to measure on). */
export interface Measured {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** How intervals are estimated. */
export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  readonly seed: string | number;
  /** Samples drawn. Default 1000. */
  readonly resamples?: number;
  /** Share of the samples that the interval holds. Default 0.95. */
  readonly level?: number;
}

/**
 * A statistic of utterances with its confidence interval by the percentile bootstrap (Efron, 1979): it is computed again on samples
 * of as many utterances, drawn with replacement. Samples for which it is not a number are left out.
 *
 * @param items the utterances: what is drawn, since the words of one are not independent.
 */
export function measure<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number,
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): Measured {
  const value = statistic(items);
  if (Number.isNaN(value)) return { value: null, low: null, high: null };
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const found = statistic(items.map(() => items[Math.floor(random() * items.length)]!));
    if (!Number.isNaN(found)) values.push(found);
  }
  const tail = (1 - level) / 2;
  return { value, low: quantile(values, tail), high: quantile(values, 1 - tail) };
}
