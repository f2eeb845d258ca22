import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planMemory, speechPositions, weightBytes } from './memory-plan.js';
import { PUBLISHED_MODEL } from './published-model.js';

const LOAD = { batchSeconds: [10, 30], sequences: 16, positionsPerSequence: 800, maxRows: 512 };

const plan = (load: Partial<typeof LOAD> = {}, kind: 'fp32' | 'bf16' | 'int8' = 'bf16') =>
  planMemory(PUBLISHED_MODEL, { ...LOAD, ...load }, kind);

test('weights take the published sizes: 16.06 GB in bf16, about half in int8', () => {
  const { decoder, encoder } = plan();
  assert.equal(decoder.weightBytes, 2 * 8_030_887_936);
  assert.equal(encoder.weightBytes, 2 * 305_680_384);
  const int8 = plan({}, 'int8').decoder.weightBytes;
  const embedding = 2 * 153_376 * 4096; // stays bf16
  assert.ok(int8 > (2 * 8_030_887_936 - embedding) / 2 + embedding);
  assert.ok(int8 < (2 * 8_030_887_936 - embedding) / 2 + embedding + 10e6, 'scales and norms are small');
  assert.equal(weightBytes(PUBLISHED_MODEL, 'decoder', 'fp32'), 4 * 8_030_887_936);
});

test('a position takes 136 KiB of KV cache: 34 layers, keys and values, 8 heads of 128, bf16', () => {
  const { decoder } = plan();
  assert.equal(decoder.kvBytesPerPosition, 34 * 2 * 8 * 128 * 2);
  assert.equal(decoder.kvBytesPerPosition, 136 * 1024);
  assert.equal(decoder.kvBlocks, 16 * 7, '800 positions take 7 blocks');
  assert.equal(decoder.kvBytes, (16 * 7 + 1) * 128 * 136 * 1024);
});

test('totals are the sums of their parts and grow with the load', () => {
  const small = plan();
  const { decoder } = small;
  const parts = decoder.weightBytes + decoder.derivedBytes + decoder.activationBytes;
  assert.equal(decoder.totalBytes, parts + decoder.kvBytes + decoder.maskBytes);
  const stages = [small.features, small.encoder, small.adapter, small.decoder];
  assert.equal(
    small.totalBytes,
    stages.reduce((sum, stage) => sum + stage.totalBytes, 0),
  );
  assert.ok(plan({ maxRows: 1024 }).decoder.activationBytes > decoder.activationBytes);
  assert.ok(plan({ sequences: 32 }).decoder.maskBytes > decoder.maskBytes);
  assert.ok(plan({ batchSeconds: [30, 30] }).encoder.activationBytes > small.encoder.activationBytes);
  assert.equal(plan({ batchSeconds: [30, 30] }).encoder.weightBytes, small.encoder.weightBytes);
});

test('ten seconds of speech take 127 positions: 1000 frames, 500, 125 rows, bos and eos', () => {
  assert.equal(speechPositions(PUBLISHED_MODEL, 10), 127);
});
