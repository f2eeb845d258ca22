import { createReadStream } from 'node:fs';

/**
 * Audio to send: a path of a file, bytes of a file, or chunks of bytes as they come (a socket, a microphone). Bytes are in
 * the encoding that the request names, or in a container that the server recognises.
 */
export type AudioSource = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Bytes of one message: the size that the contract recommends, so that decoding starts early. */
export const audioMessageBytes = 15 * 1024;

/** Chunks of at most `audioMessageBytes`, whatever the source gives. */
export async function* audioChunks(source: AudioSource): AsyncIterable<Uint8Array> {
  for await (const piece of pieces(source)) {
    for (let start = 0; start < piece.length; start += audioMessageBytes) {
      yield piece.subarray(start, start + audioMessageBytes);
    }
  }
}

function pieces(source: AudioSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof source === 'string') return createReadStream(source);
  if (source instanceof Uint8Array) return [source];
  return source;
}

/** Interleaved float samples in [-1, 1] as the bytes of `AUDIO_ENCODING_PCM_F32LE`. */
export async function* pcmBytes(samples: AsyncIterable<Float32Array>): AsyncIterable<Uint8Array> {
  for await (const part of samples) {
    const bytes = new Uint8Array(part.length * Float32Array.BYTES_PER_ELEMENT);
    const view = new DataView(bytes.buffer);
    for (const [index, sample] of part.entries()) {
      view.setFloat32(index * Float32Array.BYTES_PER_ELEMENT, sample, true);
    }
    yield bytes;
  }
}
