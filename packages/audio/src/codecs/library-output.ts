import { AudioError } from '../audio-error.js';
import { monoFromChannels } from '../decoding/pcm-samples.js';
import type { MonoBlock } from '../decoding/stream-decoder.js';

/** What the decoder libraries return for a piece of a stream. */
export interface LibraryOutput {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
  readonly errors: readonly { readonly message: string }[];
}

/** @throws {AudioError} CORRUPT where the library met bytes that the codec does not allow. */
export function blocksFrom(output: LibraryOutput, codec: string): MonoBlock[] {
  const [error] = output.errors;
  if (error !== undefined) {
    throw new AudioError('CORRUPT', `the ${codec} stream is damaged: ${error.message}`, { codec });
  }
  if (output.samplesDecoded === 0) return [];
  return [{ sampleRateHz: output.sampleRate, samples: monoFromChannels(output.channelData) }];
}
