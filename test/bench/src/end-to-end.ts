import { createOsumClient, type OsumClient, pcmBytes, type Result } from '@osum/client';
import { AudioEncoding } from '@osum/proto';
import type { Figure } from './figure.js';
import { startMesh } from './mesh-process.js';
import { CLIP_RATE_HZ, clipPieces, recordedClip } from './recorded-clip.js';
import { median, type Repetition } from './timing.js';

const clipSeconds = 10;
const concurrencies = [1, 8] as const;
const tags = '<asr>';

/** Real-time factors, the share of the time that is not device compute, and the memory of `osum up`, for clips of ten seconds. */
export async function endToEndFigures(
  packageFolder: string,
  { runs, warmUps }: Repetition,
): Promise<Figure[]> {
  const clip = await recordedClip(clipSeconds);
  const mesh = await startMesh(packageFolder);
  const client = createOsumClient({ address: mesh.address });
  const figures: Figure[] = [];
  try {
    const idleBytes = await mesh.residentBytes();
    for (let i = 0; i < warmUps; i++) await understand(client, clip);
    const shares: number[] = [];
    for (const concurrency of concurrencies) {
      const factors: number[] = [];
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        const results = await Promise.all(
          Array.from({ length: concurrency }, () => understand(client, clip)),
        );
        factors.push((concurrency * clipSeconds * 1000) / (performance.now() - start));
        if (concurrency === 1 && results[0]) shares.push(shareBesideCompute(results[0]));
      }
      figures.push({
        name: `end to end, concurrency ${concurrency}`,
        value: median(factors),
        unit: 'x real time',
      });
    }
    figures.push({ name: 'time that is not device compute', value: median(shares) * 100, unit: '%' });
    figures.push({ name: 'resident memory, idle', value: idleBytes / 2 ** 20, unit: 'MiB' });
    figures.push({
      name: 'resident memory, after the load',
      value: (await mesh.residentBytes()) / 2 ** 20,
      unit: 'MiB',
    });
    return figures;
  } finally {
    client.close();
    await mesh.end();
  }
}

async function understand(client: OsumClient, clip: Float32Array): Promise<Result> {
  const format = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: CLIP_RATE_HZ };
  const { utterances } = await client.understand({ audio: pcmBytes(clipPieces(clip)), format, tags });
  const result = utterances[0]?.result;
  if (result === undefined) throw new Error('the clip was answered without a result');
  return result;
}

/** What of an utterance's time no stage spent on its device. */
function shareBesideCompute({ timings }: Result): number {
  if (timings === undefined) throw new Error('the result holds no timings');
  const { features, encoder, adapter, decoder, totalSeconds } = timings;
  const compute = [features, encoder, adapter, decoder].reduce(
    (sum, stage) => sum + (stage?.computeSeconds ?? 0),
    0,
  );
  return Math.max(0, totalSeconds - compute) / totalSeconds;
}
