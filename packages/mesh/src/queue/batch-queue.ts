import { MeshError } from '../status/mesh-error.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { createQueueMetrics } from './queue-metrics.js';
import { createThroughput } from './throughput.js';

/** Options of {@link createBatchQueue}. Costs are in any one unit; for stages, seconds of audio. */
export interface BatchQueueOptions<Item, Result> {
  /** Name in messages and metrics. */
  name: string;
  telemetry: Telemetry;
  /** Cost of an item. */
  cost(item: Item): number;
  /** Does a batch. One result, or the error of that item, for each item in order. Its signal aborts when no entry is waited for. */
  run(items: readonly Item[], signal: AbortSignal): Promise<readonly (Result | Error)[]>;
  /** A batch closes before it costs more than this, unless it is one item. */
  maxBatchCost: number;
  /** Most items of a batch. */
  maxBatchItems: number;
  /**
   * How long an entry waits for company, in milliseconds, while a runner is free. After {@link lonelyBatches} batches in a row that
   * found none, entries do not wait, until two are there at one time again.
   */
  maxWaitMs: number;
  /** Waiting entries may cost this much together; a single one may always wait. */
  maxQueueCost: number;
  /** Most waiting entries. */
  maxQueueItems: number;
  /** Batches that run at one time. Default 1. */
  concurrency?: number;
}

/** A result and how it came about. */
export interface Batched<Result> {
  result: Result;
  /** From `submit` to the start of the batch. */
  queueSeconds: number;
  /** From the start of the batch to its end. */
  runSeconds: number;
  /** Items of the batch. */
  batchItems: number;
}

/** What a queue holds now. All zero when nothing is going on. */
export interface QueueStats {
  queuedItems: number;
  queuedCost: number;
  runningBatches: number;
  runningItems: number;
}

/** Gathers items of concurrent calls into batches. */
export interface BatchQueue<Item, Result> {
  /**
   * Waits for the item's result. Aborting `signal` takes the item out of the queue, or gives up its share of a running batch, and
   * rejects with the signal's reason.
   *
   * @throws MeshError `queueFull` with a pushback.
   */
  submit(item: Item, options: { signal: AbortSignal }): Promise<Batched<Result>>;
  /** Throws `queueFull` if an item of this cost would be refused now: for refusing before the item is received. */
  check(cost: number): void;
  stats(): QueueStats;
  /** Rejects what waits, with `reason`, and takes nothing more. What runs goes on. */
  close(reason: Error): void;
}

/** So many batches of one entry in a row show that waiting for company is in vain. */
export const lonelyBatches = 8;

interface Entry<Item, Result> {
  item: Item;
  cost: number;
  enqueuedMs: number;
  signal: AbortSignal;
  onAbort: () => void;
  resolve(batched: Batched<Result>): void;
  reject(error: unknown): void;
}

/** See {@link BatchQueueOptions}. Batches are ragged: nothing is padded, first come, first served. */
export function createBatchQueue<Item, Result>(
  options: BatchQueueOptions<Item, Result>,
): BatchQueue<Item, Result> {
  const {
    name,
    maxBatchCost,
    maxBatchItems,
    maxWaitMs,
    maxQueueCost,
    maxQueueItems,
    concurrency = 1,
  } = options;
  const metrics = createQueueMetrics(options.telemetry, name);
  const throughput = createThroughput();
  const waiting: Entry<Item, Result>[] = [];
  const stats: QueueStats = { queuedItems: 0, queuedCost: 0, runningBatches: 0, runningItems: 0 };
  let timer: NodeJS.Timeout | undefined;
  let closed: Error | undefined;
  let lonelyInARow = 0;

  const track = (entry: Entry<Item, Result>, sign: 1 | -1) => {
    stats.queuedItems += sign;
    stats.queuedCost = stats.queuedItems === 0 ? 0 : stats.queuedCost + sign * entry.cost;
    metrics.queued(stats);
  };

  const check = (cost: number) => {
    if (closed) throw closed;
    const full =
      stats.queuedItems >= maxQueueItems || (stats.queuedItems > 0 && stats.queuedCost + cost > maxQueueCost);
    if (!full) return;
    metrics.refused();
    const holds = `${stats.queuedItems} entries, cost ${stats.queuedCost.toFixed(1)} of ${maxQueueCost}`;
    throw new MeshError('queueFull', `The queue of ${name} is full (${holds}); try again later.`, {
      pushbackMs: throughput.millisecondsFor(stats.queuedCost),
    });
  };

  // The longest prefix of the queue that fits one batch, and whether the queue goes on after it.
  const nextBatch = () => {
    let cost = 0;
    let count = 0;
    while (count < Math.min(waiting.length, maxBatchItems)) {
      cost += waiting[count]!.cost;
      if (count > 0 && cost > maxBatchCost) break;
      count += 1;
    }
    return { count, closed: count < waiting.length || count === maxBatchItems || cost >= maxBatchCost };
  };

  const schedule = () => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && stats.runningBatches < concurrency) {
      const batch = nextBatch();
      const patienceMs = lonelyInARow >= lonelyBatches ? 0 : maxWaitMs;
      const waitMs = waiting[0]!.enqueuedMs + patienceMs - performance.now();
      if (!batch.closed && waitMs > 0) {
        timer = setTimeout(schedule, waitMs);
        return;
      }
      void runBatch(waiting.splice(0, batch.count));
    }
  };

  const runBatch = async (entries: Entry<Item, Result>[]) => {
    const startedMs = performance.now();
    const abandoned = new AbortController();
    let wanted = entries.length;
    for (const entry of entries) {
      track(entry, -1);
      entry.signal.removeEventListener('abort', entry.onAbort);
      entry.onAbort = () => {
        entry.reject(entry.signal.reason);
        wanted -= 1;
        if (wanted === 0) abandoned.abort(entry.signal.reason);
      };
      entry.signal.addEventListener('abort', entry.onAbort, { once: true });
    }
    stats.runningBatches += 1;
    stats.runningItems += entries.length;
    lonelyInARow += 1;
    const cost = entries.reduce((sum, entry) => sum + entry.cost, 0);
    try {
      const results = await options.run(
        entries.map(({ item }) => item),
        abandoned.signal,
      );
      if (results.length !== entries.length) {
        throw new Error(`batch of ${name}: expected ${entries.length} results, got ${results.length}`);
      }
      const runSeconds = (performance.now() - startedMs) / 1000;
      throughput.add(cost, runSeconds);
      metrics.ran(entries.length, cost, runSeconds);
      for (const [index, entry] of entries.entries()) {
        const result = results[index] as Result | Error;
        const queueSeconds = (startedMs - entry.enqueuedMs) / 1000;
        metrics.waited(queueSeconds);
        if (result instanceof Error) entry.reject(result);
        else entry.resolve({ result, queueSeconds, runSeconds, batchItems: entries.length });
      }
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    } finally {
      for (const entry of entries) entry.signal.removeEventListener('abort', entry.onAbort);
      stats.runningBatches -= 1;
      stats.runningItems -= entries.length;
      schedule();
    }
  };

  const submit = (item: Item, { signal }: { signal: AbortSignal }) =>
    new Promise<Batched<Result>>((resolve, reject) => {
      signal.throwIfAborted();
      const cost = options.cost(item);
      check(cost);
      const entry: Entry<Item, Result> = {
        item,
        cost,
        enqueuedMs: performance.now(),
        signal,
        onAbort,
        resolve,
        reject,
      };
      function onAbort() {
        waiting.splice(waiting.indexOf(entry), 1);
        track(entry, -1);
        reject(signal.reason);
      }
      signal.addEventListener('abort', onAbort, { once: true });
      if (stats.queuedItems + stats.runningItems > 0) lonelyInARow = 0;
      waiting.push(entry);
      track(entry, 1);
      schedule();
    });

  return {
    submit,
    check,
    stats: () => ({ ...stats }),
    close(reason) {
      closed = reason;
      clearTimeout(timer);
      for (const entry of waiting.splice(0)) {
        track(entry, -1);
        entry.signal.removeEventListener('abort', entry.onAbort);
        entry.reject(reason);
      }
    },
  };
}
