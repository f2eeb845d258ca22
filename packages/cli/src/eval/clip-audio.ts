import { createReadStream } from 'node:fs';
import { type AudioThread, decodeAudio } from '@osum/audio';

/** Rate of the clips, in samples per second: that of the model. */
export const clipSampleRateHz = 16_000;

/** The samples of a recording from `start` to `end` (seconds; absent: to its end), at 16 kHz, mono, as they are decoded. */
export async function* clipSamples(
  path: string,
  { start = 0, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number },
  options: { thread: AudioThread; signal: AbortSignal },
): AsyncGenerator<Float32Array> {
  const first = Math.round(start * clipSampleRateHz);
  const last = Math.round(end * clipSampleRateHz);
  let position = 0;
  for await (const samples of decodeAudio(createReadStream(path), options)) {
    const part = samples.subarray(Math.max(0, first - position), Math.max(0, last - position));
    position += samples.length;
    if (part.length > 0) yield part;
    if (position >= last) return;
  }
  if (position <= first) {
    const seconds = (position / clipSampleRateHz).toFixed(2);
    throw new Error(`${path} is ${seconds} s long, but the utterance starts at ${start} s`);
  }
}
