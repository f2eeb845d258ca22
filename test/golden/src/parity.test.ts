import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { convertCheckpoint } from '@osum/convert';
import { openBackend } from '@osum/device';
import { openPackage } from '@osum/nn';
import { layerReport } from './layer-report.js';
import { LayerProbe, relativeError } from './layers.js';
import { answersOfMesh } from './mesh-answers.js';
import { type Reference, writeReference } from './reference.js';

/** Tokens that are compared at most. */
const TOKENS = 24;
/** Questions of each fp32 checkpoint: 200 in all. */
const QUESTIONS = 50;

/** The largest relative error of the first token's logits in bf16 (reference: osum-pangu-model.md, section 10, item 23). */
const BF16_LOGITS = 2e-2;
/** Tokens that must agree in bf16, and the share of questions where they do. */
const BF16_TOKENS = 20;
const BF16_SHARE = 0.95;

for (const name of ['published', 'shards', 'merged', 'other-seed']) {
  test(`${name}: converted and served in fp32, every generated token is PyTorch's`, async () => {
    const reference = await writeReference(name, { count: QUESTIONS, tokens: TOKENS });
    try {
      const directory = await converted(reference, 'fp32');
      const answers = await answersOfMesh(directory, reference.answers, TOKENS);
      for (const [i, expected] of reference.answers.entries()) {
        const { ids, text } = answers[i]!;
        if (ids.join() !== expected.ids.join()) {
          const report = await layerReport(directory, reference, expected);
          assert.fail(`got ${ids}, expected ${expected.ids}, nearest decision ${expected.gap}; ${report}`);
        }
        assert.equal(text, expected.text);
      }
      assert.equal(answers.length, QUESTIONS);
      const different = new Set(answers.map(({ ids }) => ids.join())).size;
      assert.ok(
        different > QUESTIONS / 2,
        `only ${different} different answers: the questions test too little`,
      );
    } finally {
      await reference.remove();
    }
  });
}

for (const name of ['decisive', 'decisive-odd']) {
  test(`${name}: in bf16 the logits stay within ${BF16_LOGITS}, the first ${BF16_TOKENS} tokens agree`, async (t) => {
    const reference = await writeReference(name, {
      dtype: 'bfloat16',
      count: QUESTIONS,
      tokens: BF16_TOKENS,
    });
    try {
      const directory = await converted(reference, 'bf16');
      const backend = await openBackend({ prefer: 'host' });
      await using probe = await LayerProbe.open(await backend.openDevice(0), await openPackage(directory));
      let largest = 0;
      for (const expected of reference.answers) {
        const error = relativeError((await probe.layers(expected)).get('logits')!, expected.logits);
        if (error > BF16_LOGITS) {
          assert.fail(
            `relative error ${error} of the logits; ${await layerReport(directory, reference, expected)}`,
          );
        }
        largest = Math.max(largest, error);
      }
      const [first, second] = reference.answers;
      const apart = relativeError(first!.logits, second!.logits);
      assert.ok(apart > 5 * BF16_LOGITS, `two questions are only ${apart} apart: the bound tells too little`);
      const answers = await answersOfMesh(directory, reference.answers, BF16_TOKENS);
      const agreeing = reference.answers.filter(({ ids }, i) => ids.join() === answers[i]!.ids.join());
      t.diagnostic(`logits within ${largest.toFixed(4)}; ${agreeing.length} of ${QUESTIONS} answers agree`);
      if (agreeing.length < BF16_SHARE * QUESTIONS) {
        const odd = reference.answers.find((answer) => !agreeing.includes(answer))!;
        assert.fail(
          `only ${agreeing.length} of ${QUESTIONS} agree; ${await layerReport(directory, reference, odd)}`,
        );
      }
    } finally {
      await reference.remove();
    }
  });
}

async function converted(reference: Reference, weights: 'fp32' | 'bf16'): Promise<string> {
  const out = join(reference.folder, 'package');
  await convertCheckpoint({ ...reference.options, out, weights });
  return out;
}
