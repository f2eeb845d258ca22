import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WireTensor } from '@osum/mesh';
import { Grammar, PromptMode } from '@osum/proto';
import {
  adapt,
  chirp,
  encode,
  extract,
  forwardTo,
  type Generated,
  generate,
  type PassInit,
  type StageAnswer,
} from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertIdle } from './idle.js';

/** Repeatable numbers below `below`. */
function integers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Wanted {
  readonly pcm: Float32Array | null;
  readonly passes: readonly PassInit[];
}

/** Requests of every kind: one to three passes, with speech of different lengths or without. */
function randomRequests(count: number, seed: number): Wanted[] {
  const below = integers(seed);
  const instructions = [
    '<asr>',
    '<asr><age>',
    'please tell me what is being said here, and by whom',
    '<gender>',
  ];
  return Array.from({ length: count }, () => {
    if (below(4) === 0) {
      const grammar = below(2) === 0 ? Grammar.TAGS : Grammar.FREE;
      const instruction = instructions[below(4)]!;
      return { pcm: null, passes: [{ mode: PromptMode.INTENT, instruction, grammar, maxNewTokens: 8 }] };
    }
    const passes = Array.from({ length: 1 + below(3) }, (): PassInit => {
      const maxNewTokens = 1 + below(16);
      if (below(4) === 0) {
        const sampling = { temperature: 0.8, topK: 20, seed: BigInt(below(1000)) };
        return { mode: PromptMode.CHAT, maxNewTokens, sampling };
      }
      return { instruction: instructions[below(4)]!, maxNewTokens };
    });
    return { pcm: chirp(0.3 + below(40) / 20, 0.5 + below(10) / 5), passes };
  });
}

function ask(chain: Chain, { pcm, passes }: Wanted): Promise<Generated> {
  if (pcm === null) return generate(chain, passes);
  const speechRows = Math.ceil(pcm.length / 16_000 / 0.08) + 4;
  return generate(chain, passes, speechRows, (target) => extract(chain, pcm, forwardTo(target)));
}

for (const weights of ['bf16', 'int8', 'fp32'] as const) {
  test(`batched answers of a ${weights} package equal the answers alone, token for token`, async (t) => {
    const chain: Chain = await startChain({
      weights,
      decoder: { maxSequences: 8, kvBlocks: 40, maxWaiting: 100 },
    });
    t.after(() => chain.close());
    const requests = randomRequests(weights === 'fp32' ? 16 : 40, 7);
    const alone: Generated[] = [];
    for (const wanted of requests) alone.push(await ask(chain, wanted));
    const together = await Promise.all(requests.map((wanted) => ask(chain, wanted)));
    const largest = Math.max(...together.map(({ finished }) => finished.report!.batchUtterances));
    assert.ok(largest >= 3, `steps held ${largest} sequences`);
    together.forEach((answer, i) => {
      assert.deepEqual(answer.tokens, alone[i]!.tokens, `request ${i}`);
      assert.deepEqual(answer.texts, alone[i]!.texts, `request ${i}`);
    });
    const distinct = new Set(together.flatMap(({ tokens }) => tokens.map((pass) => pass.join(' '))));
    assert.ok(distinct.size >= requests.length / 2, 'the answers differ from each other');
    await assertIdle(chain);
  });
}

test('utterances that come together share a batch in each stage, and get the tensors they would get alone', async (t) => {
  const batching = { maxBatchWaitMs: 150, maxBatchUtterances: 4 };
  const chain = await startChain({ features: batching, encoder: batching, adapter: batching });
  t.after(() => chain.close());
  const utterances = [0.4, 1.3, 0.9, 2].map((seconds, i) => chirp(seconds, 1 + i / 3));
  const features = await aloneAndTogether(utterances, (pcm) => extract(chain, pcm));
  const hidden = await aloneAndTogether(features, (tensor) => encode(chain, tensor));
  await aloneAndTogether(hidden, (tensor) => adapt(chain, tensor));
});

/** Calls a stage with each input alone, then with all at once, and asserts one batch of the same bits. */
async function aloneAndTogether<Input>(
  inputs: readonly Input[],
  call: (input: Input) => Promise<StageAnswer>,
): Promise<WireTensor[]> {
  const alone: StageAnswer[] = [];
  for (const input of inputs) alone.push(await call(input));
  const together = await Promise.all(inputs.map(call));
  assert.deepEqual(
    together.map(({ stages }) => stages[0]!.batchUtterances),
    inputs.map(() => inputs.length),
  );
  together.forEach(({ tensor }, i) => {
    assert.deepEqual(tensor!.shape, alone[i]!.tensor!.shape);
    assert.deepEqual(Buffer.from(tensor!.data), Buffer.from(alone[i]!.tensor!.data));
  });
  return together.map(({ tensor }) => tensor!);
}
