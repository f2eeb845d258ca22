import { counter, gauge, histogram, type Telemetry } from '@osum/mesh';
import { createStageMetrics } from '@osum/stage';
import type { DecoderStats } from '../decoder-core.js';
import type { DecoderObserver, SessionOutcome } from '../observer.js';

const tokenSecondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const firstTokenBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

const reasons: readonly Parameters<DecoderObserver['refused']>[0][] = [
  'queue-full',
  'too-large',
  'unavailable',
];
const outcomes: readonly SessionOutcome[] = ['finished', 'cancelled', 'failed'];

/** The decoder's metrics, fed by its observer. `stats` is read when metrics are scraped. */
export function decoderMetrics(telemetry: Telemetry, stats: () => readonly DecoderStats[]): DecoderObserver {
  describeState(telemetry, stats);
  const queue = histogram(telemetry, {
    name: 'osum_decoder_admission_wait_seconds',
    help: 'From a request to its admission.',
    buckets: firstTokenBuckets,
  });
  const refusals = counter(telemetry, {
    name: 'osum_decoder_refusals_total',
    help: 'Requests that were not admitted, by reason.',
    labelNames: ['reason'],
  });
  const prefixes = counter(telemetry, {
    name: 'osum_decoder_prefix_tokens_total',
    help: 'Tokens of system texts, by whether they were found in the KV cache.',
    labelNames: ['found'],
  });
  const stage = createStageMetrics(telemetry, 'decoder');
  const steps = histogram(telemetry, {
    name: 'osum_decoder_step_seconds',
    help: 'Duration of a step.',
    buckets: tokenSecondsBuckets,
  });
  const stepSequences = histogram(telemetry, {
    name: 'osum_decoder_step_sequences',
    help: 'Sequences of a step.',
    buckets: sizeBuckets,
  });
  const stepRows = counter(telemetry, {
    name: 'osum_decoder_rows_total',
    help: 'Input rows computed, by kind.',
    labelNames: ['kind'],
  });
  const failures = counter(telemetry, {
    name: 'osum_decoder_step_failures_total',
    help: 'Steps that failed.',
  });
  const firstToken = histogram(telemetry, {
    name: 'osum_decoder_time_to_first_token_seconds',
    help: 'From the attached speech, or without speech from the request, to the first token.',
    buckets: firstTokenBuckets,
  });
  const nextToken = histogram(telemetry, {
    name: 'osum_decoder_inter_token_seconds',
    help: 'Between two tokens of one pass.',
    buckets: tokenSecondsBuckets,
  });
  const sessions = counter(telemetry, {
    name: 'osum_decoder_sessions_total',
    help: 'Sessions that ended, by outcome.',
    labelNames: ['outcome'],
  });
  for (const reason of reasons) refusals.inc({ reason }, 0);
  for (const outcome of outcomes) sessions.inc({ outcome }, 0);
  for (const found of ['true', 'false']) prefixes.inc({ found }, 0);
  for (const kind of ['decode', 'prefill']) stepRows.inc({ kind }, 0);
  return {
    admitted: ({ queueSeconds }) => queue.observe(queueSeconds),
    refused: (reason) => refusals.inc({ reason }),
    prefix: ({ hit, tokens }) => prefixes.inc({ found: String(hit) }, tokens),
    step({ seconds, sequences, decodeRows, prefillRows }) {
      steps.observe(seconds);
      stage.worked(seconds);
      stepSequences.observe(sequences);
      stepRows.inc({ kind: 'decode' }, decodeRows);
      stepRows.inc({ kind: 'prefill' }, prefillRows);
    },
    stepFailed(error) {
      failures.inc();
      telemetry.log.error({ err: error }, 'a decoding step failed');
    },
    firstToken: (seconds) => firstToken.observe(seconds),
    nextToken: (seconds) => nextToken.observe(seconds),
    ended: (outcome) => sessions.inc({ outcome }),
  };
}

function describeState(telemetry: Telemetry, stats: () => readonly DecoderStats[]): void {
  const sum = (value: (one: DecoderStats) => number) => stats().reduce((total, one) => total + value(one), 0);
  gauge(telemetry, {
    name: 'osum_decoder_kv_blocks',
    help: 'KV blocks by use: held by sessions, promised to them, kept for system texts, free.',
    labelNames: ['use'],
    collect() {
      const used = sum(({ blocks }) => blocks.used);
      const promised = sum(({ blocks }) => blocks.promised);
      const prefix = sum(({ blocks }) => blocks.idlePrefix);
      this.set({ use: 'used' }, used);
      this.set({ use: 'promised' }, promised);
      this.set({ use: 'prefix' }, prefix);
      this.set({ use: 'free' }, sum(({ blocks }) => blocks.total) - used - promised - prefix);
    },
  });
  gauge(telemetry, {
    name: 'osum_decoder_kv_use_ratio',
    help: 'Share of the KV blocks that sessions hold or were promised, 0 to 1: what a decoder is scaled by.',
    collect() {
      const total = sum(({ blocks }) => blocks.total);
      this.set(total === 0 ? 0 : sum(({ blocks }) => blocks.used + blocks.promised) / total);
    },
  });
  gauge(telemetry, {
    name: 'osum_decoder_sessions',
    help: 'Sessions now, running or waiting for KV blocks.',
    labelNames: ['state'],
    collect() {
      this.set(
        { state: 'running' },
        sum(({ running }) => running),
      );
      this.set(
        { state: 'waiting' },
        sum(({ waiting }) => waiting),
      );
    },
  });
}
