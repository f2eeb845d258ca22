import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, LORA, logitsAfter, withRunner } from './golden/decoder-bench.js';
import { assertClose, FP32_TOLERANCE, golden } from './golden/golden.js';
import { withEachKernelSet } from './golden/host-device.js';

const { decoder: expected } = golden;

/** Relative tolerances of the last logits against fp32. */
const TOLERANCES = { fp32: FP32_TOLERANCE, bf16: 1e-2, int8: 1.5e-2 } as const;

const cases = [
  ['base', {}, expected.logits_last_base],
  ['LoRA merged', { lora: LORA }, expected.logits_last_lora_merged],
  [
    'bf16-rounded frequencies',
    { lora: LORA, decoder: { ropeRounding: 'bf16' } },
    expected.logits_last_lora_merged_bf16_inv_freq,
  ],
] as const;

for (const weights of ['fp32', 'bf16', 'int8'] as const) {
  test(`the golden logits hold in ${weights} with every kernel set: base, LoRA merged, bf16-rounded frequencies`, async () => {
    const tolerance = TOLERANCES[weights];
    for (const [what, options, logits] of cases) {
      await withRunner({ ...options, weights }, async (bench) => {
        await withEachKernelSet(async (kernels) => {
          assertClose(`${what}, ${kernels}`, await logitsAfter(bench, expected.ids), logits, tolerance);
          const chunked = await logitsAfter(bench, expected.ids, [3, 1, 3]);
          assertClose(`${what}, ${kernels}, in chunks`, chunked, logits, tolerance);
        });
      });
    }
  });
}

// In fp32 only: the two best tokens lie within 0.2 % of the largest logit, below what bf16 keeps.
test('the golden greedy tokens come out in fp32 with every kernel set and penalty', async () => {
  await withRunner({ lora: LORA }, async (bench) => {
    await withEachKernelSet(async (kernels) => {
      for (const [penalty, tokens] of [
        [1, expected.greedy10_lora_no_penalty],
        [1.05, expected['greedy10_lora_penalty_1.05']],
        [1.5, expected['greedy10_lora_penalty_1.5']],
      ] as const) {
        const [generation] = await generate(bench, [expected.ids], 10, penalty);
        assert.deepEqual(generation!.tokens, tokens, `${kernels}, penalty ${penalty}`);
      }
    });
  });
});
