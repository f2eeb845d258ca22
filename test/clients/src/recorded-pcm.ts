import { createReadStream } from 'node:fs';
import { decodeAudio, startAudioThread } from '@osum/audio';

/** A recording as a microphone would give it: 16-bit samples, little-endian, one channel at 16 kHz. */
export async function recordedPcm(path: string): Promise<Uint8Array> {
  const thread = startAudioThread();
  try {
    const pieces: Buffer[] = [];
    for await (const samples of decodeAudio(createReadStream(path), { thread })) {
      const piece = Buffer.alloc(2 * samples.length);
      for (const [index, sample] of samples.entries()) {
        piece.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))), 2 * index);
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } finally {
    await thread.close();
  }
}
