import { counter, gauge, histogram } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** What a batch queue tells about itself. */
export interface QueueMetrics {
  queued(stats: { queuedItems: number; queuedCost: number }): void;
  waited(seconds: number): void;
  ran(items: number, cost: number, seconds: number): void;
  refused(): void;
}

const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const itemBuckets = [1, 2, 4, 8, 16, 32, 64, 128];
const costBuckets = [1, 2, 5, 10, 20, 30, 60, 120, 300];

/** The metrics of the queue `name`; audio seconds are the cost of the stages' queues. */
export function createQueueMetrics(telemetry: Telemetry, name: string): QueueMetrics {
  const label = { queue: name };
  const labelNames = ['queue'] as const;
  const entries = gauge(telemetry, { name: 'osum_queue_entries', help: 'Entries that wait.', labelNames });
  const audio = gauge(telemetry, {
    name: 'osum_queue_audio_seconds',
    help: 'Seconds of audio that wait.',
    labelNames,
  });
  const wait = histogram(telemetry, {
    name: 'osum_queue_wait_seconds',
    help: 'From entering the queue to the start of the batch.',
    labelNames,
    buckets: secondsBuckets,
  });
  const batchItems = histogram(telemetry, {
    name: 'osum_batch_entries',
    help: 'Entries of a batch.',
    labelNames,
    buckets: itemBuckets,
  });
  const batchAudio = histogram(telemetry, {
    name: 'osum_batch_audio_seconds',
    help: 'Seconds of audio of a batch.',
    labelNames,
    buckets: costBuckets,
  });
  const run = histogram(telemetry, {
    name: 'osum_batch_run_seconds',
    help: 'Duration of a batch.',
    labelNames,
    buckets: secondsBuckets,
  });
  const refusals = counter(telemetry, {
    name: 'osum_queue_refusals_total',
    help: 'Entries refused because the queue was full.',
    labelNames,
  });
  entries.set(label, 0);
  audio.set(label, 0);
  refusals.inc(label, 0);
  return {
    queued({ queuedItems, queuedCost }) {
      entries.set(label, queuedItems);
      audio.set(label, queuedCost);
    },
    waited: (seconds) => wait.observe(label, seconds),
    ran(items, cost, seconds) {
      batchItems.observe(label, items);
      batchAudio.observe(label, cost);
      run.observe(label, seconds);
    },
    refused: () => refusals.inc(label),
  };
}
