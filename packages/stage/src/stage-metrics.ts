import { counter, histogram, type Telemetry } from '@osum/mesh';

/** Where the time of an utterance went in a stage, in seconds. */
export interface StageSeconds {
  /** Waiting for a batch and for a device, or for turns in steps. */
  readonly queue: number;
  /** Device work of the batch or the steps that the utterance was part of. */
  readonly compute: number;
  /** Copies to the device and back. */
  readonly copy: number;
}

/** What a stage counts, the same for each. */
export interface StageMetrics {
  /** An utterance was answered. */
  answered(seconds: StageSeconds): void;
  /** The device worked on a batch, or on a step. */
  worked(computeSeconds: number): void;
  /** The audio of a batch, or of a session, was computed in so much device time. */
  computed(audioSeconds: number, computeSeconds: number): void;
}

const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const realTimeFactorBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** The metrics of the stage `name`. */
export function createStageMetrics(telemetry: Telemetry, name: string): StageMetrics {
  const stage = { stage: name };
  const seconds = histogram(telemetry, {
    name: 'osum_stage_seconds',
    help: 'Time of an utterance in a stage, by part: queue (for a batch, a device or a turn), compute (of the whole batch), copy.',
    labelNames: ['stage', 'part'],
    buckets: secondsBuckets,
  });
  const compute = counter(telemetry, {
    name: 'osum_stage_compute_seconds_total',
    help: 'Seconds that a device worked for a stage; batches and steps count once, however many utterances share them.',
    labelNames: ['stage'],
  });
  const audio = counter(telemetry, {
    name: 'osum_stage_audio_seconds_total',
    help: 'Seconds of audio computed by a stage.',
    labelNames: ['stage'],
  });
  const realTimeFactor = histogram(telemetry, {
    name: 'osum_stage_real_time_factor',
    help: 'Device time of a batch, or of a decoding session, as a share of the length of its audio.',
    labelNames: ['stage'],
    buckets: realTimeFactorBuckets,
  });
  audio.inc(stage, 0);
  compute.inc(stage, 0);
  return {
    answered({ queue, compute, copy }) {
      seconds.observe({ ...stage, part: 'queue' }, queue);
      seconds.observe({ ...stage, part: 'compute' }, compute);
      seconds.observe({ ...stage, part: 'copy' }, copy);
    },
    worked: (computeSeconds) => compute.inc(stage, computeSeconds),
    computed(audioSeconds, computeSeconds) {
      audio.inc(stage, audioSeconds);
      if (audioSeconds > 0) realTimeFactor.observe(stage, computeSeconds / audioSeconds);
    },
  };
}
