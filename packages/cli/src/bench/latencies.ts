import { quantile } from '@osum/eval';

/** What is told of some durations, in seconds. */
export interface LatencySummary {
  count: number;
  mean: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

/** Durations of one kind. */
export class Latencies {
  readonly #seconds: number[] = [];

  add(seconds: number): void {
    this.#seconds.push(seconds);
  }

  /** `undefined` if there is none. */
  summary(): LatencySummary | undefined {
    const seconds = this.#seconds;
    if (seconds.length === 0) return undefined;
    const at = (share: number) => quantile(seconds, share);
    return {
      count: seconds.length,
      mean: seconds.reduce((sum, value) => sum + value, 0) / seconds.length,
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      max: at(1),
    };
  }
}
