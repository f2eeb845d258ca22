/** How fast a queue is worked off, from the batches that ran. */
export interface Throughput {
  /** Records a batch. */
  add(cost: number, seconds: number): void;
  /** Milliseconds until work of this cost is done, within [50, 10000]; 500 while nothing has run. */
  millisecondsFor(cost: number): number;
}

const smoothing = 0.2;
const shortestMs = 50;
const longestMs = 10_000;
const unknownMs = 500;

/** An exponentially smoothed rate of cost per second. */
export function createThroughput(): Throughput {
  let costPerSecond: number | undefined;
  return {
    add(cost, seconds) {
      if (cost <= 0 || seconds <= 0) return;
      const rate = cost / seconds;
      costPerSecond = costPerSecond === undefined ? rate : costPerSecond + smoothing * (rate - costPerSecond);
    },
    millisecondsFor(cost) {
      if (costPerSecond === undefined) return unknownMs;
      return Math.round(Math.min(longestMs, Math.max(shortestMs, (cost / costPerSecond) * 1000)));
    },
  };
}
