import { readFile } from 'node:fs/promises';
import { type AudioThread, decodeAudio, TARGET_SAMPLE_RATE_HZ } from '@osum/audio';

/** A recording in memory, so that no disk is measured. */
export interface BenchRecording {
  path: string;
  /** The file as it is. */
  bytes: Uint8Array;
  /** At 16 kHz, mono. */
  samples: Float32Array;
  seconds: number;
}

/** Reads and decodes a recording. Throws if it is no audio. */
export async function readRecording(path: string, thread: AudioThread): Promise<BenchRecording> {
  const bytes = await readFile(path);
  const parts: Float32Array[] = [];
  for await (const part of decodeAudio([bytes], { thread })) parts.push(part);
  const samples = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { path, bytes, samples, seconds: samples.length / TARGET_SAMPLE_RATE_HZ };
}
