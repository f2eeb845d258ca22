import { setTimeout as sleep } from 'node:timers/promises';
import { TARGET_SAMPLE_RATE_HZ } from '@osum/audio';
import { pcmBytes } from '@osum/client';
import { AudioEncoding } from '@osum/proto';
import type { BenchRecording } from './recordings.js';

const chunkSeconds = 0.1;

/** Audio that comes at the pace of speech, and when its parts were sent. */
export interface SpokenAudio {
  readonly audio: AsyncIterable<Uint8Array>;
  readonly format: { encoding: AudioEncoding; sampleRateHz: number };
  /** The time (`performance.now()`) at which the audio up to `seconds` had been sent. */
  sentAt(seconds: number): number;
}

/** A recording in parts of 100 ms, each sent when its last sample would have been spoken. */
export function speak({ samples }: BenchRecording, signal: AbortSignal): SpokenAudio {
  const size = chunkSeconds * TARGET_SAMPLE_RATE_HZ;
  const sent: number[] = [];
  async function* spoken(): AsyncIterable<Float32Array> {
    const began = performance.now();
    for (let start = 0; start < samples.length; start += size) {
      const part = samples.subarray(start, start + size);
      const due = began + ((start + part.length) / TARGET_SAMPLE_RATE_HZ) * 1000;
      await sleep(Math.max(0, due - performance.now()), undefined, { signal });
      sent.push(performance.now());
      yield part;
    }
  }
  return {
    audio: pcmBytes(spoken()),
    format: { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: TARGET_SAMPLE_RATE_HZ },
    sentAt(seconds) {
      const chunk = Math.min(sent.length, Math.max(1, Math.ceil(seconds / chunkSeconds - 1e-6))) - 1;
      return sent[chunk] ?? performance.now();
    },
  };
}
