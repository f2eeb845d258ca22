import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, LORA, logitsAfter, withRunner } from './golden/decoder-bench.js';
import { assertClose, FP32_TOLERANCE, golden } from './golden/golden.js';
import { withEachKernelSet } from './golden/host-device.js';

const { decoder: expected } = golden;

test('the golden logits hold in fp32: base, LoRA merged, bf16-rounded frequencies', async () => {
  const cases = [
    [{}, expected.logits_last_base],
    [{ lora: LORA }, expected.logits_last_lora_merged],
    [{ lora: LORA, decoder: { ropeRounding: 'bf16' } }, expected.logits_last_lora_merged_bf16_inv_freq],
  ] as const;
  for (const [options, logits] of cases) {
    await withRunner(options, async (bench) => {
      await withEachKernelSet(async (kernels) => {
        assertClose(`${kernels}`, await logitsAfter(bench, expected.ids), logits, FP32_TOLERANCE);
        const chunked = await logitsAfter(bench, expected.ids, [3, 1, 3]);
        assertClose(`${kernels}, in chunks`, chunked, logits, FP32_TOLERANCE);
      });
    });
  }
});

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

/** Relative tolerances of the last logits against fp32. */
const TOLERANCES = { bf16: 1e-2, int8: 1.5e-2 } as const;

for (const kind of ['bf16', 'int8'] as const) {
  test(`the golden logits hold in ${kind} with every kernel set`, async () => {
    await withRunner({ weights: kind, lora: LORA }, async (bench) => {
      await withEachKernelSet(async (kernels) => {
        const logits = await logitsAfter(bench, expected.ids);
        assertClose(`${kind}, ${kernels}`, logits, expected.logits_last_lora_merged, TOLERANCES[kind]);
        const chunked = await logitsAfter(bench, expected.ids, [3, 1, 3]);
        assertClose(
          `${kind}, ${kernels}, in chunks`,
          chunked,
          expected.logits_last_lora_merged,
          TOLERANCES[kind],
        );
      });
    });
  });
}
