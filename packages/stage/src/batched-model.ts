import { type DeviceScheduler, Program, type Resident } from '@osum/device';
import { type Batched, type BatchQueue, createBatchQueue, type Telemetry, type WireTensor } from '@osum/mesh';
import type { z } from 'zod';
import { type batchingConfigShape, tenantWeightsFrom } from './stage-config.js';
import { createStageMetrics, type StageSeconds } from './stage-metrics.js';

/** See `batchingConfigShape`. */
export type BatchingConfig = {
  [Key in keyof typeof batchingConfigShape]: z.infer<(typeof batchingConfigShape)[Key]>;
};

/** An utterance in a batch. */
export interface Utterance {
  /** What it counts in batches and queues. */
  readonly audioSeconds: number;
}

/** What a batch made of one utterance, and how. */
export interface BatchOutput {
  readonly tensor: WireTensor;
  /** Length of the utterance. */
  readonly audioSeconds: number;
  /** Waiting for a device, after the batch had closed. */
  readonly leaseSeconds: number;
  /** Device work of the whole batch. */
  readonly computeSeconds: number;
}

/** How a model does a batch. */
export interface BatchModel<Model, Item extends Utterance> {
  readonly name: string;
  readonly resident: Resident<Model>;
  /** Arena bytes for a batch, uploads included. */
  arenaBytes(items: readonly Item[]): number;
  /** Appends the batch to a program; what it returns is called when the program has run, for one tensor an item. */
  build(model: Model, program: Program, items: readonly Item[]): () => readonly WireTensor[];
}

/** Seconds of device time per second of audio that are assumed before the first measurement. */
const FIRST_REAL_TIME_FACTOR = 0.02;
/** Weight of the newest batch in the measured factor. */
const SMOOTHING = 0.2;

/** A queue that gathers utterances into ragged batches and runs each under a lease of a device. */
export function createBatchedModel<Model, Item extends Utterance>(
  batchModel: BatchModel<Model, Item>,
  scheduler: DeviceScheduler,
  config: BatchingConfig,
  telemetry: Telemetry,
): BatchQueue<Item, BatchOutput> {
  let realTimeFactor = FIRST_REAL_TIME_FACTOR;
  const metrics = createStageMetrics(telemetry, batchModel.name);
  const queue = createBatchQueue<Item, BatchOutput>({
    name: batchModel.name,
    telemetry,
    cost: ({ audioSeconds }) => audioSeconds,
    maxBatchCost: config.maxBatchAudioSeconds,
    maxBatchItems: config.maxBatchUtterances,
    maxWaitMs: config.maxBatchWaitMs,
    maxQueueCost: config.maxQueueAudioSeconds,
    maxQueueItems: config.maxQueueUtterances,
    concurrency: scheduler.health().length,
    tenantWeights: tenantWeightsFrom(config.tenantWeights),
    async run(items, signal) {
      const audioSeconds = items.reduce((sum, item) => sum + item.audioSeconds, 0);
      const askedMs = performance.now();
      using lease = await scheduler.lease({
        costSeconds: audioSeconds * realTimeFactor,
        arenaBytes: batchModel.arenaBytes(items),
        signal,
      });
      const leaseSeconds = (performance.now() - askedMs) / 1000;
      const program = new Program(lease.arena);
      const tensors = batchModel.build(batchModel.resident.on(lease.device), program, items);
      const { runUs } = await lease.run(program, { signal });
      const computeSeconds = runUs / 1e6;
      realTimeFactor += SMOOTHING * (computeSeconds / audioSeconds - realTimeFactor);
      metrics.worked(computeSeconds);
      metrics.computed(audioSeconds, computeSeconds);
      return tensors().map((tensor, index) => {
        return { tensor, audioSeconds: items[index]!.audioSeconds, leaseSeconds, computeSeconds };
      });
    },
  });
  return {
    ...queue,
    async submit(item, caller) {
      const batched = await queue.submit(item, caller);
      metrics.answered(batchSeconds(batched));
      return batched;
    },
  };
}

/** Where the time of an utterance of a batch went. */
export function batchSeconds({ result, queueSeconds, runSeconds }: Batched<BatchOutput>): StageSeconds {
  const { leaseSeconds, computeSeconds } = result;
  return {
    queue: queueSeconds + leaseSeconds,
    compute: computeSeconds,
    // What a batch takes beside waiting and computing is moving tensors to and from the device.
    copy: Math.max(0, runSeconds - leaseSeconds - computeSeconds),
  };
}
