import { TARGET_SAMPLE_RATE_HZ } from './sample-rate.js';

/** A whole clip, or the stream of a longer recording, which begins with what has been read. */
export type Collected =
  | { readonly kind: 'whole'; readonly samples: Float32Array }
  | { readonly kind: 'longer'; readonly samples: AsyncIterable<Float32Array> };

/**
 * Tells a short clip from a long recording: reads at most a little more than `maxSeconds`.
 * @param samples at 16 kHz, as `decodeAudio` gives them.
 */
export async function collectUpTo(
  samples: AsyncIterable<Float32Array>,
  maxSeconds: number,
): Promise<Collected> {
  const iterator = samples[Symbol.asyncIterator]();
  const read: Float32Array[] = [];
  for (let length = 0; length <= maxSeconds * TARGET_SAMPLE_RATE_HZ; ) {
    const { done, value } = await iterator.next();
    if (done) return { kind: 'whole', samples: concatSamples(read) };
    read.push(value);
    length += value.length;
  }
  return { kind: 'longer', samples: resume(read, iterator) };
}

export function concatSamples(chunks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

async function* resume(
  read: Float32Array[],
  iterator: AsyncIterator<Float32Array>,
): AsyncGenerator<Float32Array> {
  try {
    // Shifted out one by one, so that the beginning is not kept as long as the stream lasts.
    for (let chunk = read.shift(); chunk !== undefined; chunk = read.shift()) yield chunk;
    yield* { [Symbol.asyncIterator]: () => iterator };
  } finally {
    await iterator.return?.();
  }
}
