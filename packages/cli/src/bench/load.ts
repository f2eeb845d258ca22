import { type OsumClient, OsumError, type UnderstandEvent, type Wish } from '@osum/client';
import { type TimedStage, timedStages } from '../render/timed-stages.js';
import { Latencies, type LatencySummary } from './latencies.js';
import type { BenchRecording } from './recordings.js';
import { type SpokenAudio, speak } from './speak.js';

/** A number of callers that ask one recording after the other, for a time. */
export interface Load {
  client: OsumClient;
  recordings: readonly BenchRecording[];
  wish: Wish;
  callers: number;
  /** Seconds in which calls are begun; those that run then are waited for. */
  seconds: number;
  /** Whether audio is sent as it is spoken, on live streams. */
  live: boolean;
  signal: AbortSignal;
}

/** What a load measured. Latencies are in seconds, as the callers saw them. */
export interface LoadReport {
  callers: number;
  answered: number;
  /** Calls that failed, by gRPC status and cause: `RESOURCE_EXHAUSTED QUEUE_FULL`. */
  failed: Record<string, number>;
  /** From the begin of the first call to the end of the last one. */
  seconds: number;
  /** Seconds of audio that were answered in a second. */
  audioSecondsPerSecond: number;
  latencies: {
    /** From the begin of a call to its plan. */
    plan?: LatencySummary;
    /** From the begin of a call to its end. */
    call?: LatencySummary;
    /** Live: from the moment that the audio which a partial transcript covers was sent. */
    partial?: LatencySummary;
    /** Live: from the moment that the end of an utterance was sent to its result; the silence that ends it is in this time. */
    result?: LatencySummary;
  };
  /** What each stage said of each utterance: seconds in its queue, of computing, of moving tensors. */
  stages: {
    [stage in TimedStage]?: { queue: LatencySummary; compute: LatencySummary; transfer: LatencySummary };
  };
}

/** Asks under load. Each caller first makes one call that is not counted, so that connections and caches are there. */
export async function measureLoad(load: Load): Promise<LoadReport> {
  const callers = Array.from({ length: load.callers }, (_, caller) => caller);
  const silent = new Measured();
  await Promise.all(callers.map((caller) => call(load, recordingOf(load, caller), silent)));
  const measured = new Measured();
  const began = performance.now();
  const until = began + load.seconds * 1000;
  let next = 0;
  await Promise.all(
    callers.map(async () => {
      while (performance.now() < until) {
        load.signal.throwIfAborted();
        await call(load, recordingOf(load, next++), measured);
      }
    }),
  );
  return measured.report(load.callers, (performance.now() - began) / 1000);
}

function recordingOf({ recordings }: Load, number: number): BenchRecording {
  return recordings[number % recordings.length]!;
}

async function call(load: Load, recording: BenchRecording, measured: Measured): Promise<void> {
  const { client, wish, signal } = load;
  const began = performance.now();
  const spoken = load.live ? speak(recording, signal) : undefined;
  const asked = spoken
    ? { ...wish, audio: spoken.audio, format: spoken.format, live: {} }
    : { ...wish, audio: recording.bytes };
  try {
    for await (const event of client.stream(asked, { signal })) measured.event(event, began, spoken);
    measured.answered(recording.seconds, began);
  } catch (error) {
    signal.throwIfAborted();
    measured.failure(error);
  }
}

class Measured {
  readonly #plan = new Latencies();
  readonly #call = new Latencies();
  readonly #partial = new Latencies();
  readonly #result = new Latencies();
  readonly #stages = new Map(
    timedStages.map((stage) => [
      stage,
      { queue: new Latencies(), compute: new Latencies(), transfer: new Latencies() },
    ]),
  );
  readonly #failed = new Map<string, number>();
  #answered = 0;
  #audioSeconds = 0;

  event(event: UnderstandEvent, began: number, spoken: SpokenAudio | undefined): void {
    const now = performance.now();
    if (event.case === 'plan') this.#plan.add((now - began) / 1000);
    if (event.case === 'partial' && spoken) {
      this.#partial.add((now - spoken.sentAt(event.value.endSeconds)) / 1000);
    }
    if (event.case !== 'result') return;
    if (spoken) this.#result.add((now - spoken.sentAt(event.value.endSeconds)) / 1000);
    for (const [stage, latencies] of this.#stages) {
      const timing = event.value.result?.timings?.[stage];
      if (!timing) continue;
      latencies.queue.add(timing.queueSeconds);
      latencies.compute.add(timing.computeSeconds);
      latencies.transfer.add(timing.transferSeconds);
    }
  }

  answered(audioSeconds: number, began: number): void {
    this.#answered += 1;
    this.#audioSeconds += audioSeconds;
    this.#call.add((performance.now() - began) / 1000);
  }

  failure(error: unknown): void {
    const cause = error instanceof OsumError ? [error.status, error.reason] : [(error as Error).message];
    const name = cause.filter((part) => part !== undefined).join(' ');
    this.#failed.set(name, (this.#failed.get(name) ?? 0) + 1);
  }

  report(callers: number, seconds: number): LoadReport {
    const stages: LoadReport['stages'] = {};
    for (const [stage, latencies] of this.#stages) {
      const [queue, compute, transfer] = [
        latencies.queue.summary(),
        latencies.compute.summary(),
        latencies.transfer.summary(),
      ];
      if (queue && compute && transfer) stages[stage] = { queue, compute, transfer };
    }
    const kinds = { plan: this.#plan, call: this.#call, partial: this.#partial, result: this.#result };
    const summaries = Object.entries(kinds).flatMap(([kind, latencies]) => {
      const summary = latencies.summary();
      return summary ? [[kind, summary]] : [];
    });
    return {
      callers,
      answered: this.#answered,
      failed: Object.fromEntries(this.#failed),
      seconds,
      audioSecondsPerSecond: this.#audioSeconds / seconds,
      latencies: Object.fromEntries(summaries),
      stages,
    };
  }
}
