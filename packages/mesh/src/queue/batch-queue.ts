import { MeshError } from '../status/mesh-error.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { FairLine, type Waiting } from './fair-line.js';
import { createQueueMetrics } from './queue-metrics.js';
import { TenantClock } from './tenant-clock.js';
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
  /** Share of each tenant, above 0; tenants not named have 1. Default: none is named. */
  tenantWeights?: ReadonlyMap<string, number>;
}

/** Who waits for an item. */
export interface BatchCaller {
  signal: AbortSignal;
  tenant: string;
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
   * @throws MeshError `queueFull` with a pushback; `tenantOverShare` with one when the queue was full and the item, though it waited
   *   already, gave way to that of a tenant that holds less of the queue.
   */
  submit(item: Item, caller: BatchCaller): Promise<Batched<Result>>;
  /** Throws `queueFull` if an item of this cost would be refused now: for refusing before the item is received. */
  check(cost: number, tenant: string): void;
  stats(): QueueStats;
  /** Rejects what waits, with `reason`, and takes nothing more. What runs goes on. */
  close(reason: Error): void;
}

/** So many batches of one entry in a row show that waiting for company is in vain. */
export const lonelyBatches = 8;

interface Entry<Item, Result> extends Waiting {
  item: Item;
  enqueuedMs: number;
  signal: AbortSignal;
  onAbort: () => void;
  resolve(batched: Batched<Result>): void;
  reject(error: unknown): void;
}

/**
 * See {@link BatchQueueOptions}. Batches are ragged: nothing is padded. Tenants take turns, within a tenant it is first come, first
 * served; see {@link FairLine}.
 */
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
    tenantWeights,
  } = options;
  const metrics = createQueueMetrics(options.telemetry, name);
  const throughput = createThroughput();
  const waiting = new FairLine<Entry<Item, Result>>(new TenantClock(tenantWeights), {
    maxEntries: maxQueueItems,
    maxCost: maxQueueCost,
  });
  const running = { runningBatches: 0, runningItems: 0 };
  let timer: NodeJS.Timeout | undefined;
  let closed: Error | undefined;
  let lonelyInARow = 0;

  const stats = (): QueueStats => ({ queuedItems: waiting.size, queuedCost: waiting.cost, ...running });

  const refuse = (kind: 'queueFull' | 'tenantOverShare', message: string) => {
    metrics.refused();
    return new MeshError(kind, message, { pushbackMs: throughput.millisecondsFor(waiting.cost) });
  };

  const givingWayTo = (entry: Waiting) => {
    if (closed) throw closed;
    const gone = waiting.givingWayTo(entry);
    if (gone !== null) return gone;
    const holds = `${waiting.size} entries, cost ${waiting.cost.toFixed(1)} of ${maxQueueCost}`;
    throw refuse('queueFull', `The queue of ${name} is full (${holds}); try again later.`);
  };

  const leave = (entry: Entry<Item, Result>, reason: unknown) => {
    waiting.remove(entry);
    metrics.queued(stats());
    entry.signal.removeEventListener('abort', entry.onAbort);
    entry.reject(reason);
  };

  // The entries in turn that fit one batch, and whether the queue goes on after them.
  const nextBatch = () => {
    let cost = 0;
    const entries: Entry<Item, Result>[] = [];
    for (const entry of waiting.inTurn()) {
      if (entries.length > 0 && cost + entry.cost > maxBatchCost) break;
      entries.push(entry);
      cost += entry.cost;
      if (entries.length === maxBatchItems) break;
    }
    const { length } = entries;
    return {
      entries,
      closed: length < waiting.size || length === maxBatchItems || cost >= maxBatchCost,
    };
  };

  const schedule = () => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.oldest !== undefined && running.runningBatches < concurrency) {
      const batch = nextBatch();
      const patienceMs = lonelyInARow >= lonelyBatches ? 0 : maxWaitMs;
      const waitMs = waiting.oldest.enqueuedMs + patienceMs - performance.now();
      if (!batch.closed && waitMs > 0) {
        timer = setTimeout(schedule, waitMs);
        return;
      }
      for (const entry of batch.entries) waiting.take(entry);
      metrics.queued(stats());
      void runBatch(batch.entries);
    }
  };

  const runBatch = async (entries: Entry<Item, Result>[]) => {
    const startedMs = performance.now();
    const abandoned = new AbortController();
    let wanted = entries.length;
    for (const entry of entries) {
      entry.signal.removeEventListener('abort', entry.onAbort);
      entry.onAbort = () => {
        entry.reject(entry.signal.reason);
        wanted -= 1;
        if (wanted === 0) abandoned.abort(entry.signal.reason);
      };
      entry.signal.addEventListener('abort', entry.onAbort, { once: true });
    }
    running.runningBatches += 1;
    running.runningItems += entries.length;
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
      running.runningBatches -= 1;
      running.runningItems -= entries.length;
      schedule();
    }
  };

  const submit = (item: Item, { signal, tenant }: BatchCaller) =>
    new Promise<Batched<Result>>((resolve, reject) => {
      signal.throwIfAborted();
      const cost = options.cost(item);
      for (const other of givingWayTo({ tenant, cost })) {
        const message = `The queue of ${name} is full and this tenant holds most of it, so its latest entry gave way to another tenant's; try again later.`;
        leave(other, refuse('tenantOverShare', message));
      }
      const entry: Entry<Item, Result> = {
        item,
        tenant,
        cost,
        enqueuedMs: performance.now(),
        signal,
        onAbort: () => leave(entry, signal.reason),
        resolve,
        reject,
      };
      signal.addEventListener('abort', entry.onAbort, { once: true });
      if (waiting.size + running.runningItems > 0) lonelyInARow = 0;
      waiting.push(entry);
      metrics.queued(stats());
      schedule();
    });

  return {
    submit,
    check: (cost, tenant) => void givingWayTo({ tenant, cost }),
    stats,
    close(reason) {
      closed = reason;
      clearTimeout(timer);
      for (const entry of waiting.inTurn()) leave(entry, reason);
    },
  };
}
