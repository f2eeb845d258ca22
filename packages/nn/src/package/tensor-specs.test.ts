import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  adapterTensors,
  decoderTensors,
  encoderTensors,
  storedBytes,
  type TensorSpec,
} from './tensor-specs.js';

const parameters = (specs: readonly TensorSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);

test('the published dimensions give the published parameter counts', () => {
  const encoder = encoderTensors({ layers: 24, width: 1024, heads: 16, ffn: 4096, maxFrames: 1500 }, 80);
  assert.equal(parameters(encoder), 305_680_384);
  const adapter = adapterTensors(
    { layers: 4, width: 1024, heads: 4, ffn: 2560, strides: [1, 2, 2], outWidth: 4096 },
    1024,
  );
  assert.equal(parameters(adapter), 9_440_256 + 38_849_536 + 4_198_400 + 2 * 4096);
  const decoder = decoderTensors({
    layers: 34,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    ffn: 12_800,
    vocab: 153_376,
    ropeTheta: 16_000_000,
    ropeRounding: 'bf16',
    rmsEps: 1e-5,
    maxPositions: 32_768,
  });
  assert.equal(parameters(decoder), 8_030_887_936);
});

test('names are unique and those of the checkpoint', () => {
  const names = adapterTensors(
    { layers: 1, width: 8, heads: 2, ffn: 8, strides: [1, 2, 2], outWidth: 4 },
    8,
  ).map((spec) => spec.name);
  assert.equal(new Set(names).size, names.length);
  for (const name of [
    'down_sample_2.conv.1.weight',
    'down_sample_2.conv.7.bias',
    'speech_token_emded.weight',
  ]) {
    assert.ok(names.includes(name), name);
  }
});

test('int8 stores one byte a weight and a bf16 scale a row, all else in bf16', () => {
  assert.equal(storedBytes({ name: 'w', shape: [6, 10], role: 'linear' }, 'int8'), 60 + 12);
  assert.equal(storedBytes({ name: 'w', shape: [6, 10], role: 'embedding' }, 'int8'), 120);
  assert.equal(storedBytes({ name: 'w', shape: [6, 10], role: 'linear' }, 'bf16'), 120);
  assert.equal(storedBytes({ name: 'w', shape: [6, 10], role: 'linear' }, 'fp32'), 240);
});
