import { createOsumClient, pcmBytes, type Result } from '@osum/client';
import { AudioEncoding } from '@osum/proto';
import { CLIP_RATE_HZ, clipPieces } from '../recorded-clip.js';
import { median } from '../timing.js';

const TAGS = '<asr>';

/** An answer, and when it came. */
export interface TimedAnswer {
  readonly result: Result;
  readonly wallSeconds: number;
  /** From the request to the first piece of text. */
  readonly firstTextSeconds: number;
  /** Median between pieces of text, each of one token; NaN when there were not two. */
  readonly tokenSeconds: number;
}

/** Asks a mesh what is said in a clip, in so many tokens, and listens to the text as it is printed. */
export async function timedAnswer(address: string, clip: Float32Array, tokens: number): Promise<TimedAnswer> {
  const client = createOsumClient({ address });
  const start = performance.now();
  const sinceStart = (): number => (performance.now() - start) / 1000;
  const printed: number[] = [];
  let result: Result | undefined;
  try {
    const events = client.stream({
      audio: pcmBytes(clipPieces(clip)),
      format: { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: CLIP_RATE_HZ },
      tags: TAGS,
      generation: { maxNewTokens: tokens },
    });
    for await (const event of events) {
      if (event.case === 'event') printed.push(sinceStart());
      if (event.case === 'result') result = event.value.result;
    }
  } finally {
    client.close();
  }
  if (result === undefined) throw new Error('the clip was answered without a result');
  const gaps = printed.slice(1).map((time, i) => time - printed[i]!);
  return {
    result,
    wallSeconds: sinceStart(),
    firstTextSeconds: printed[0] ?? Number.NaN,
    tokenSeconds: gaps.length === 0 ? Number.NaN : median(gaps),
  };
}
