import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostDevice, runProgram, uploaded } from '../golden/host-device.js';
import { MAX_QUANTISED_OUTPUTS, outputHead } from './output-head.js';

test('a head computed in parts gives the very logits of one computed at once', async () => {
  const device = await hostDevice();
  const [rows, inputs, outputs] = [3, 64, 97];
  const logits = await runProgram(device, 1 << 20, (program, keep) => {
    const wave = (count: number, step: number): number[] =>
      Array.from({ length: count }, (_, i) => Math.sin(step * (i + 1)));
    const x = uploaded(program, 'bf16', [rows, inputs], wave(rows * inputs, 0.7));
    const weight = program.arena.tensor('i8', [outputs, inputs]);
    program.upload(weight).setValues(wave(outputs * inputs, 0.3).map((value) => Math.round(127 * value)));
    const scale = uploaded(program, 'bf16', [outputs], wave(outputs, 0.1));
    const bias = uploaded(program, 'f32', [outputs], wave(outputs, 0.2));
    for (const limit of [outputs, 40, 1]) {
      const out = program.arena.tensor('f32', [rows, outputs]);
      outputHead(program, x, { weight, scale, bias }, out, limit);
      keep(String(limit), out);
    }
  });
  assert.ok(logits['97']!.some((value) => value !== 0));
  assert.deepEqual(logits['40'], logits['97']);
  assert.deepEqual(logits['1'], logits['97']);
});

test('a vocabulary of 153376 takes three quantised products, each within the operator’s limit', () => {
  assert.equal(MAX_QUANTISED_OUTPUTS, 65_408);
  assert.equal(Math.ceil(153_376 / MAX_QUANTISED_OUTPUTS), 3);
});
