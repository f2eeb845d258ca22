import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectUpTo, decodeAudio, startAudioThread } from '@osum/audio';

const root = new URL('../../../', import.meta.url);
const RECORDINGS = ['a-peaceful-night', 'hold-fast', 'moses-was-afraid'];

/** Of a recorded clip. */
export const CLIP_RATE_HZ = 16_000;

/** The first seconds of the shipped recordings, one after the other; of at most about ten. */
export async function recordedClip(seconds: number): Promise<Float32Array> {
  const clip = new Float32Array(seconds * CLIP_RATE_HZ);
  const thread = startAudioThread();
  let filled = 0;
  for (const name of RECORDINGS) {
    const path = fileURLToPath(new URL(`test/recordings/${name}.ogg`, root));
    const decoded = await collectUpTo(decodeAudio(createReadStream(path), { thread, maxSeconds: 60 }), 60);
    if (decoded.kind !== 'whole') throw new Error(`${path} is longer than a minute`);
    const part = decoded.samples.subarray(0, clip.length - filled);
    clip.set(part, filled);
    filled += part.length;
  }
  await thread.close();
  return clip;
}

/** A clip in the pieces that a client sends. */
export async function* clipPieces(clip: Float32Array): AsyncIterable<Float32Array> {
  const pieceSamples = 4096;
  for (let at = 0; at < clip.length; at += pieceSamples) yield clip.subarray(at, at + pieceSamples);
}
