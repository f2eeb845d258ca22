import type { Device } from '@osum/device';
import { DecoderRunner, type GreedyResult, type ModelPackage, PanguDecoder } from '@osum/nn';
import type { Figure } from './figure.js';
import { median, type Repetition } from './timing.js';

const BATCH_SIZES = [1, 4, 16] as const;
/** Tag string, speech of ten seconds and tail. */
const PROMPT_POSITIONS = 140;
const STEPS = 64;

/** Greedy tokens a second of the decoder at several batch sizes, and prompt positions a second. */
export async function decodingFigures(
  device: Device,
  opened: ModelPackage,
  { runs }: Repetition,
): Promise<Figure[]> {
  await using decoder = await PanguDecoder.load(device, opened);
  await using stream = await device.createStream();
  const maxSequences = Math.max(...BATCH_SIZES);
  await using runner = await DecoderRunner.create(decoder, {
    kvBlocks: maxSequences * 2,
    maxRows: maxSequences * PROMPT_POSITIONS,
    maxSequences,
  });
  const prompt = Array.from({ length: PROMPT_POSITIONS }, (_, i) => (i * 7) % decoder.dims.vocab);
  const figures: Figure[] = [];
  for (const size of BATCH_SIZES) {
    const rates: number[] = [];
    const prefills: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const batch = Array.from({ length: size }, () => ({
        sequence: runner.cache.sequence(),
        slot: runner.masks.acquire(),
        next: prompt,
        generated: null as number | null,
      }));
      for (const { sequence } of batch) sequence.reserve(PROMPT_POSITIONS + STEPS);
      const step = async (): Promise<void> => {
        const { results } = await runner.step(
          stream,
          batch.map(({ sequence, slot, next, generated }) => ({
            sequence,
            inputs: [{ tokens: next }],
            result: { slot, penalty: 1.05, generated },
          })),
        );
        results.forEach((result, i) => {
          const { token } = result as GreedyResult;
          batch[i]!.next = [token];
          batch[i]!.generated = token;
        });
      };
      const start = performance.now();
      await step();
      const prefilled = performance.now();
      for (let n = 1; n < STEPS; n++) await step();
      const end = performance.now();
      for (const { sequence, slot } of batch) {
        sequence.release();
        runner.masks.release(slot);
      }
      if (run === 0) continue; // the first run prepares programs
      prefills.push((size * PROMPT_POSITIONS * 1000) / (prefilled - start));
      rates.push((size * (STEPS - 1) * 1000) / (end - prefilled));
    }
    figures.push({ name: `decode, batch ${size}`, value: median(rates), unit: 'tokens/s' });
    figures.push({ name: `prefill, batch ${size}`, value: median(prefills), unit: 'positions/s' });
  }
  return figures;
}
