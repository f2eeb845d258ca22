import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantiseRows } from './int8-quantisation.js';
import { syntheticTensor, syntheticValues } from './synthetic-tensors.js';

const near = (actual: number, expected: number, tolerance = 1e-7): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

test('the formula of Appendix B scales by role', () => {
  // The bytes of "x.weight" add up to 814, hence ph = 8.14.
  const s = (k: number): number => Math.sin(0.7 * (k + 1) + 8.14);
  const weight = syntheticTensor('x.weight', [3, 4]);
  near(weight[5]!, (1.2 / 2) * s(5));
  assert.ok(syntheticTensor('encoder.after_norm.weight', [64]).every((w) => Math.abs(w - 1) <= 0.1001));
  assert.ok(syntheticTensor('a.embed.out.1.weight', [64]).every((w) => Math.abs(w - 1) <= 0.1001));
  assert.ok(syntheticTensor('a.norm1.bias', [64]).every((w) => Math.abs(w) <= 0.0501));
});

test('LoRA changes its targets by scale * B A and nothing else', () => {
  const lora = { rank: 2, scale: 0.5 };
  const target = { name: 'model.layers.0.self_attn.q_proj.weight', shape: [3, 4], role: 'linear' } as const;
  const plain = syntheticValues(target, null);
  const merged = syntheticValues(target, lora);
  const a = syntheticTensor('model.layers.0.self_attn.q_proj.lora_A.default.weight', [2, 4]);
  const b = syntheticTensor('model.layers.0.self_attn.q_proj.lora_B.default.weight', [3, 2]);
  near(merged[5]!, plain[5]! + 0.5 * (b[2]! * a[1]! + b[3]! * a[5]!), 1e-6);
  const other = { name: 'model.layers.0.mlp.up_proj.weight', shape: [3, 4], role: 'linear' } as const;
  assert.deepEqual(syntheticValues(other, lora), syntheticValues(other, null));
});

test('int8 rows come back within half a step, and an empty row stays zero', () => {
  const weight = Float32Array.from({ length: 3 * 50 }, (_, i) => (i < 100 ? Math.sin(i) * (1 + (i % 7)) : 0));
  const { values, scales } = quantiseRows(weight, 3);
  weight.forEach((w, i) => {
    const scale = scales[Math.floor(i / 50)]!;
    // The bf16 rounding of the scale may clip the largest weight by up to one step more.
    near(values[i]! * scale, w, scale);
  });
  assert.ok(values.subarray(100).every((v) => v === 0));
});
