import { AudioError } from '../audio-error.js';

/** What a stream declares about its samples. */
export interface StreamFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
}

const LOWEST_SAMPLE_RATE_HZ = 1_000;
const HIGHEST_SAMPLE_RATE_HZ = 384_000;
const MOST_CHANNELS = 64;

/** @throws {AudioError} BAD_SAMPLE_RATE or BAD_CHANNELS. */
export function checkStreamFormat({ sampleRateHz, channels }: StreamFormat): void {
  if (!isIntegerBetween(sampleRateHz, LOWEST_SAMPLE_RATE_HZ, HIGHEST_SAMPLE_RATE_HZ)) {
    const expected = `expected a whole sample rate of ${LOWEST_SAMPLE_RATE_HZ} to ${HIGHEST_SAMPLE_RATE_HZ} Hz`;
    throw new AudioError('BAD_SAMPLE_RATE', `${expected}, got ${sampleRateHz}`, { sampleRateHz });
  }
  if (!isIntegerBetween(channels, 1, MOST_CHANNELS)) {
    throw new AudioError('BAD_CHANNELS', `expected 1 to ${MOST_CHANNELS} channels, got ${channels}`, {
      channels,
    });
  }
}

function isIntegerBetween(value: number, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && value >= lowest && value <= highest;
}
