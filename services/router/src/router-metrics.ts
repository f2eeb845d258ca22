import { counter, gauge, histogram, type InstanceState, type Telemetry } from '@osum/mesh';

/** What the router counts. */
export interface RouterMetrics {
  /** An interpretation was looked up in the cache. */
  planLookup(hit: boolean): void;
  /** A pass printed other tags than `asked`. */
  tagMismatch(asked: string): void;
  /** An utterance was tried on another instance. */
  retried(): void;
  /** An utterance was answered. */
  answered(audioSeconds: number, totalSeconds: number): void;
  /** An utterance failed. */
  failed(): void;
}

const latencyBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30];
const realTimeFactorBuckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Describes the instances of the stages that the router calls. Their state is read when metrics are scraped. */
export function describeInstances(
  telemetry: Telemetry,
  pools: Readonly<Record<string, { instances(): readonly InstanceState[] }>>,
): void {
  gauge(telemetry, {
    name: 'osum_router_instances',
    help: 'Instances of the stages that the router calls, by state: serving, ejected after failures, not serving.',
    labelNames: ['stage', 'state'],
    collect() {
      for (const [stage, pool] of Object.entries(pools)) {
        const instances = pool.instances();
        const ejected = instances.filter((instance) => instance.serving && instance.ejected).length;
        const serving = instances.filter((instance) => instance.serving).length - ejected;
        this.set({ stage, state: 'serving' }, serving);
        this.set({ stage, state: 'ejected' }, ejected);
        this.set({ stage, state: 'not_serving' }, instances.length - serving - ejected);
      }
    },
  });
}

/** The router's metrics in the registry of `telemetry`. */
export function createRouterMetrics(telemetry: Telemetry): RouterMetrics {
  const lookups = counter(telemetry, {
    name: 'osum_router_plan_lookups_total',
    help: 'Instructions looked up in the plan cache.',
    labelNames: ['result'],
  });
  // Labels are the package's own tag strings, so their number is bounded.
  const mismatches = counter(telemetry, {
    name: 'osum_router_tag_mismatches_total',
    help: 'Passes that printed other tags than they were asked to follow.',
    labelNames: ['tags'],
  });
  const retries = counter(telemetry, {
    name: 'osum_router_utterance_retries_total',
    help: 'Utterances tried again on another instance.',
  });
  const utterances = counter(telemetry, {
    name: 'osum_router_utterances_total',
    help: 'Utterances by outcome.',
    labelNames: ['outcome'],
  });
  const audio = counter(telemetry, {
    name: 'osum_router_audio_seconds_total',
    help: 'Seconds of audio of answered utterances.',
  });
  const latency = histogram(telemetry, {
    name: 'osum_router_utterance_seconds',
    help: 'From the end of an utterance to its result.',
    buckets: latencyBuckets,
  });
  const realTimeFactor = histogram(telemetry, {
    name: 'osum_router_real_time_factor',
    help: 'Latency of an utterance as a share of its length.',
    buckets: realTimeFactorBuckets,
  });
  for (const result of ['hit', 'miss']) lookups.inc({ result }, 0);
  for (const outcome of ['answered', 'failed']) utterances.inc({ outcome }, 0);
  return {
    planLookup: (hit) => lookups.inc({ result: hit ? 'hit' : 'miss' }),
    tagMismatch: (asked) => mismatches.inc({ tags: asked }),
    retried: () => retries.inc(),
    answered(audioSeconds, totalSeconds) {
      utterances.inc({ outcome: 'answered' });
      audio.inc(audioSeconds);
      latency.observe(totalSeconds);
      if (audioSeconds > 0) realTimeFactor.observe(totalSeconds / audioSeconds);
    },
    failed: () => utterances.inc({ outcome: 'failed' }),
  };
}
