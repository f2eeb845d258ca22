import type { AudioThread } from '@osum/audio';
import type { Manifest } from '@osum/nn';
import type { Admission } from './access/admission.js';
import type { Capabilities } from './plan/capabilities.js';
import type { Planner } from './plan/planner.js';
import type { RouterMetrics } from './router-metrics.js';
import type { Pools } from './utterance/attempt.js';

/** Bounds of what the router takes. */
export interface RouterLimits {
  /** Longest recording. */
  readonly maxAudioSeconds: number;
  /** Longest live stream. */
  readonly maxLiveSeconds: number;
  /** Bytes of audio of one call, encoded as it comes. */
  readonly maxAudioBytes: number;
  /** Longest pause between the messages of a recording. */
  readonly maxPauseMs: number;
  /** Longest utterance. */
  readonly maxUtteranceSeconds: number;
  /** Utterances of one call that are answered at one time. */
  readonly maxParallelUtterances: number;
  readonly maxInstructionBytes: number;
  /** Largest message of audio. */
  readonly maxMessageBytes: number;
  /** Samples below this are silence. */
  readonly silenceLevel: number;
}

/** What the handlers share. */
export interface Router {
  readonly manifest: Manifest;
  readonly capabilities: Capabilities;
  readonly planner: Planner;
  readonly pools: Pools;
  /** Where compressed audio is decoded and speech is detected. */
  readonly thread: AudioThread;
  readonly limits: RouterLimits;
  readonly metrics: RouterMetrics;
  readonly admission: Admission;
  readonly sampleRateHz: number;
}
