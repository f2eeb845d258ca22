import { SAMPLE_RATE } from '@osum/nn';

/** A stretch of a recording that is answered as one. */
export interface Utterance {
  /** Number in the recording, from 0. */
  readonly index: number;
  /** Place of the first sample in the recording. */
  readonly startSample: number;
  /** [samples] at 16 kHz. */
  readonly samples: Float32Array;
  /** Whether speech went on past its end. */
  readonly forcedCut: boolean;
}

/** Begin of an utterance in seconds from the begin of the recording. */
export function startSecondsOf({ startSample }: Utterance): number {
  return startSample / SAMPLE_RATE;
}

/** Length of an utterance in seconds. */
export function audioSecondsOf({ samples }: Utterance): number {
  return samples.length / SAMPLE_RATE;
}

/** End of an utterance in seconds from the begin of the recording. */
export function endSecondsOf(utterance: Utterance): number {
  return (utterance.startSample + utterance.samples.length) / SAMPLE_RATE;
}

/** Whether all samples stay below `level`. */
export function isSilent({ samples }: Utterance, level: number): boolean {
  return samples.every((sample) => Math.abs(sample) < level);
}
