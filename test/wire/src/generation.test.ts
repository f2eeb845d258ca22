import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { f32Tensor } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { FinishReason, Grammar, PromptMode } from '@osum/proto';
import { createTokenizer } from '@osum/text';
import { attach, chirp, extract, forwardTo, generate, generateStream, type PassInit } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

const speech = f32Tensor(
  'speech',
  [9, 128],
  Float32Array.from({ length: 9 * 128 }, (_, i) => Math.sin(i / 5)),
);
const ask = (passes: readonly PassInit[]) =>
  generate(chain, passes, 9, (target) => attach(chain, target, speech));

test('several passes over one speech answer like the same passes in sessions of their own', async () => {
  const passes: PassInit[] = [
    { instruction: '<asr>', maxNewTokens: 8 },
    { instruction: '<gender>', maxNewTokens: 5 },
    { mode: PromptMode.CHAT, maxNewTokens: 6 },
    { instruction: '<asr>', maxNewTokens: 3 },
  ];
  const together = await ask(passes);
  for (const [i, pass] of passes.entries()) {
    assert.deepEqual(together.tokens[i], (await ask([pass])).tokens[0], `pass ${i}`);
  }
  assert.deepEqual(together.tokens[3], together.tokens[0]!.slice(0, 3));
  assert.deepEqual(together.passes.map(({ pass }) => pass).sort(), [0, 1, 2, 3]);
});

test('a pass says why it ended and how many tokens it took', async () => {
  const { passes, tokens, finished } = await ask([{ maxNewTokens: 4 }]);
  assert.equal(passes[0]!.generatedTokens, tokens[0]!.length);
  const stopped = tokens[0]!.at(-1) === chain.tiny.manifest.tokenizer.eos;
  assert.equal(passes[0]!.reason, stopped ? FinishReason.STOP : FinishReason.LENGTH);
  assert.ok(passes[0]!.promptTokens > 10);
  assert.ok(finished.report!.timing!.computeSeconds > 0);
  assert.ok(finished.timeToFirstToken !== undefined);
});

test('the texts of a pass, joined, are the decoded text of its tokens, wherever it was cut', async () => {
  const { directory, manifest } = chain.tiny;
  const decoder = createTokenizer(await readFile(join(directory, 'tokenizer.model')), manifest.tokenizer);
  for (let maxNewTokens = 1; maxNewTokens <= 24; maxNewTokens++) {
    const { tokens, texts } = await ask([{ maxNewTokens }, { mode: PromptMode.CHAT, maxNewTokens }]);
    assert.deepEqual(
      texts,
      tokens.map((pass) => decoder.decode(pass)),
    );
  }
});

test('intent mode under the grammar gives one of the legal tag strings and ends', async () => {
  for (const instruction of ['what is she saying?', '男的女的？', 'x', 'y '.repeat(500)]) {
    const pass = { mode: PromptMode.INTENT, instruction, grammar: Grammar.TAGS };
    const { texts, passes } = await generate(chain, [pass]);
    const legal = [
      '<asr>',
      '<asr><age>',
      '<gender>',
      '<age>',
      '<asr><gender>',
      '<age><gender>',
      '<gender><age>',
      '<asr><age><gender>',
      '<asr><gender><age>',
    ];
    assert.ok(legal.includes(texts[0]!), texts[0]);
    assert.equal(passes[0]!.reason, FinishReason.STOP);
  }
});

test('sampling with a seed repeats itself; other seeds give other answers', async () => {
  const sampled = async (seed: bigint) =>
    (await ask([{ mode: PromptMode.CHAT, maxNewTokens: 12, sampling: { temperature: 1.5, seed } }]))
      .tokens[0]!;
  assert.deepEqual(await sampled(5n), await sampled(5n));
  const answers = await Promise.all([1n, 2n, 3n, 4n].map(sampled));
  assert.ok(new Set(answers.map((tokens) => tokens.join(' '))).size > 1);
});

test('log-probabilities are those of probabilities', async () => {
  for await (const { response } of generateStream(chain, [
    { mode: PromptMode.INTENT, instruction: 'x', maxNewTokens: 6 },
  ])) {
    if (response.case !== 'delta') continue;
    for (const { logProbability } of response.value.tokens)
      assert.ok(logProbability <= 0 && logProbability > -50);
  }
});

const badPasses: readonly [string, PassInit[], RegExp][] = [
  ['no pass', [], /passes: expected 1 to 8, got 0/],
  ['nine passes', Array.from({ length: 9 }, () => ({})), /got 9/],
  ['no mode', [{ mode: PromptMode.UNSPECIFIED }], /passes\[0\].mode/],
  ['an unknown mode', [{ mode: 77 as PromptMode }], /passes\[0\].mode/],
  ['an empty instruction', [{ instruction: '' }], /passes\[0\].instruction/],
  ['an instruction of 100 kB', [{ instruction: 'x'.repeat(100_000) }], /at most 8192 bytes, got 100000/],
  ['an unknown grammar', [{ grammar: 5 as Grammar }], /passes\[0\].grammar/],
  ['no new tokens', [{ maxNewTokens: 0 }], /max_new_tokens: expected 1 to 400, got 0/],
  ['too many new tokens', [{ maxNewTokens: 401 }], /got 401/],
  ['a penalty below 1', [{ repetitionPenalty: 0.5 }], /repetition_penalty: expected .* at least 1, got 0\.5/],
  ['an infinite penalty', [{ repetitionPenalty: Infinity }], /repetition_penalty: .* got Infinity/],
  ['a temperature of 0', [{ sampling: { temperature: 0 } }], /sampling.temperature/],
  ['a top_p above 1', [{ sampling: { temperature: 1, topP: 1.5 } }], /sampling.top_p/],
  ['a top_k of 0', [{ sampling: { temperature: 1, topK: 0 } }], /sampling.top_k/],
  [
    'sampling under a grammar',
    [{ grammar: Grammar.TAGS, sampling: { temperature: 1 } }],
    /passes\[0\].sampling/,
  ],
];
for (const [what, passes, said] of badPasses) {
  test(`${what} is refused, and the next request is answered`, async () => {
    await refusedWith(generate(chain, passes, 9), 'badRequest', said);
    await assertStillGood(chain);
  });
}

test('speech without a bound on its rows is refused', async () => {
  await refusedWith(generate(chain, [{}], 0), 'badRequest', /speech_rows/);
  await assertStillGood(chain);
});

test('a session that exceeds the model is refused with the limit', async () => {
  await refusedWith(generate(chain, [{}], 5000), 'tooLong', /positions of at most 2048/);
  await assertStillGood(chain);
});

test('the answer of a good request is one that depends on the audio', async () => {
  const answers = await Promise.all(
    [chirp(0.8, 0.3), chirp(1.9, 2.2), new Float32Array(8000)].map((pcm) =>
      generate(chain, [{ maxNewTokens: 16 }], 40, (target) => extract(chain, pcm, forwardTo(target))),
    ),
  );
  assert.ok(new Set(answers.map(({ tokens }) => tokens[0]!.join(' '))).size > 1);
});
