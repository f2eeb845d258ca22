import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PUBLISHED_MODEL } from '../memory/published-model.js';
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
  const { audio, encoder: dims } = PUBLISHED_MODEL;
  const encoder = encoderTensors(dims, audio.melBins);
  assert.equal(parameters(encoder), 305_680_384);
  const adapter = adapterTensors(PUBLISHED_MODEL.adapter, dims.width);
  assert.equal(parameters(adapter), 9_440_256 + 38_849_536 + 4_198_400 + 2 * 4096);
  const decoder = decoderTensors(PUBLISHED_MODEL.decoder);
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
