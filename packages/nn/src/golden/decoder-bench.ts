import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stream } from '@osum/device';
import { DecoderRunner, type RunnerOptions } from '../decode/decoder-runner.js';
import type { GreedyResult } from '../decode/step.js';
import { openPackage } from '../package/model-package.js';
import { PanguDecoder } from '../pangu-decoder.js';
import { type SyntheticOptions, writeSyntheticPackage } from '../testing/synthetic-package.js';
import { hostDevice } from './host-device.js';

/** The LoRA of the golden vectors. */
export const LORA = { rank: 4, scale: 0.5 };

const OPTIONS: RunnerOptions = { kvBlocks: 16, maxRows: 300, maxSequences: 8 };

/** A runner and a stream for it. */
export interface Bench {
  readonly runner: DecoderRunner;
  readonly stream: Stream;
}

/** Runs `body` with a decoder of a synthetic package and sees to it that all blocks and slots come back. */
export async function withRunner(
  synthetic: SyntheticOptions,
  body: (bench: Bench) => Promise<void>,
  options: Partial<RunnerOptions> = {},
): Promise<void> {
  const device = await hostDevice();
  const directory = await mkdtemp(join(tmpdir(), 'osum-decoder-'));
  await writeSyntheticPackage(directory, synthetic);
  await using decoder = await PanguDecoder.load(device, await openPackage(directory));
  await rm(directory, { recursive: true });
  await using stream = await device.createStream();
  await using runner = await DecoderRunner.create(decoder, { ...OPTIONS, ...options });
  await body({ runner, stream });
  assert.equal(runner.cache.pool.usedBlocks, 0, 'all KV blocks came back');
  assert.equal(runner.masks.freeSlots, runner.masks.slots, 'all greedy slots came back');
}

/** Logits after a prompt that is prefilled in chunks of these lengths. */
export async function logitsAfter(
  { runner, stream }: Bench,
  ids: readonly number[],
  chunks: readonly number[] = [ids.length],
): Promise<Float32Array> {
  const sequence = runner.cache.sequence();
  try {
    sequence.reserve(ids.length);
    let start = 0;
    for (const length of chunks) {
      const tokens = ids.slice(start, start + length);
      start += length;
      const last = start === ids.length;
      const report = await runner.step(stream, [
        { sequence, inputs: [{ tokens }], result: last ? 'logits' : 'none' },
      ]);
      if (last) return (report.results[0] as { logits: Float32Array }).logits;
    }
    throw new Error('the chunks do not add up to the prompt');
  } finally {
    sequence.release();
  }
}

/** What a greedy generation gave. */
export interface Generation {
  readonly tokens: number[];
  readonly logProbs: number[];
  /** How the decoding steps ran. */
  readonly paths: Set<string>;
}

/** Greedy generations side by side, each prompt prefilled at once; ends after `count` tokens. */
export async function generate(
  { runner, stream }: Bench,
  prompts: readonly (readonly number[])[],
  count: number,
  penalty: number,
): Promise<Generation[]> {
  const running = prompts.map((prompt) => ({
    sequence: runner.cache.sequence(),
    slot: runner.masks.acquire(),
    next: prompt,
    generated: null as number | null,
    outcome: { tokens: [] as number[], logProbs: [] as number[], paths: new Set<string>() },
  }));
  for (const [i, { sequence }] of running.entries()) sequence.reserve(prompts[i]!.length + count);
  for (let n = 0; n < count; n++) {
    const steps = running.map(({ sequence, slot, next, generated }) => ({
      sequence,
      inputs: [{ tokens: next }],
      result: { slot, penalty, generated },
    }));
    const { results, path } = await runner.step(stream, steps);
    running.forEach((one, i) => {
      const { token, logProb } = results[i] as GreedyResult;
      one.outcome.tokens.push(token);
      one.outcome.logProbs.push(logProb);
      if (n > 0) one.outcome.paths.add(path);
      one.next = [token];
      one.generated = token;
    });
  }
  for (const { sequence, slot } of running) {
    sequence.release();
    runner.masks.release(slot);
  }
  return running.map(({ outcome }) => outcome);
}
