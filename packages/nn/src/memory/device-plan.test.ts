import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceBudget, planDevice, type SessionLoad } from './device-plan.js';
import { planMemory } from './memory-plan.js';
import { PUBLISHED_MODEL } from './published-model.js';

const GIBIBYTE = 2 ** 30;

/** A device of 32 GiB, a tenth of it reserved, 0.8 TB/s. */
const BUDGET: DeviceBudget = {
  memoryBytes: 32 * GIBIBYTE,
  reserveBytes: 3.2 * GIBIBYTE,
  bytesPerSecond: 0.8e12,
};

const LOAD: SessionLoad = {
  audioSeconds: 10,
  promptPositions: 128,
  batchSeconds: 60,
  stepRows: 256,
  stages: 'mesh',
};

const plan = (
  load: Partial<SessionLoad> = {},
  kind: 'bf16' | 'int8' | 'fp32' = 'bf16',
  budget: Partial<DeviceBudget> = {},
) => planDevice(PUBLISHED_MODEL, { ...BUDGET, ...budget }, { ...LOAD, ...load }, kind);

/** `planMemory`'s total for so many sessions of the default load. */
function bytesFor(sessions: number, stages: SessionLoad['stages'], kind: 'bf16' | 'int8'): number {
  const load = { batchSeconds: Array(6).fill(10), sequences: sessions, positionsPerSequence: 655 };
  const memory = planMemory(PUBLISHED_MODEL, { ...load, maxRows: Math.max(256, sessions) }, kind);
  return stages === 'decoder' ? memory.decoder.totalBytes : memory.totalBytes;
}

test('a session of 10 s has 128 + 127 + 400 positions, in 6 KV blocks of 17 MiB', () => {
  const { positionsPerSession, blocksPerSession, memory } = plan();
  assert.equal(positionsPerSession, 655);
  assert.equal(blocksPerSession, 6);
  assert.equal(memory.decoder.kvBytesPerBlock, 17 * 2 ** 20);
});

test('the sessions planned fit, and one more does not', () => {
  const usable = BUDGET.memoryBytes - BUDGET.reserveBytes;
  for (const kind of ['bf16', 'int8'] as const) {
    for (const stages of ['mesh', 'decoder'] as const) {
      const { sessions } = plan({ stages }, kind);
      assert.ok(bytesFor(sessions, stages, kind) <= usable, `${sessions} in ${kind}`);
      assert.ok(bytesFor(sessions + 1, stages, kind) > usable, `${sessions} + 1 in ${kind}`);
    }
  }
});

test('KV blocks fill what the rest leaves, to within a block', () => {
  const { kvBlocks, sessions, blocksPerSession, memory } = plan();
  assert.ok(kvBlocks >= sessions * blocksPerSession);
  const { decoder } = memory;
  const others = memory.totalBytes - decoder.kvBytes;
  const spare = BUDGET.memoryBytes - BUDGET.reserveBytes - others - (kvBlocks + 1) * decoder.kvBytesPerBlock;
  assert.ok(spare >= 0 && spare < decoder.kvBytesPerBlock, `${spare} bytes are left`);
});

test('int8, longer memory, shorter audio and the decoder alone all give more sessions', () => {
  const { sessions } = plan();
  assert.ok(sessions > 0);
  assert.ok(plan({}, 'int8').sessions > sessions);
  assert.ok(plan({}, 'bf16', { memoryBytes: 64 * GIBIBYTE }).sessions > 3 * sessions);
  assert.ok(plan({ audioSeconds: 30 }).sessions < sessions);
  assert.ok(plan({ stages: 'decoder' }).sessions > sessions);
});

test('a model that does not fit has no session, and the bytes that one would need more', () => {
  const small = plan({}, 'fp32');
  assert.equal(small.sessions, 0);
  assert.equal(small.kvBlocks, 0);
  assert.equal(plan({}, 'fp32', { memoryBytes: BUDGET.memoryBytes + small.missingBytes }).sessions, 1);
  assert.equal(plan({}, 'fp32', { memoryBytes: BUDGET.memoryBytes + small.missingBytes - 1 }).sessions, 0);
  assert.equal(plan({}, 'fp32', { memoryBytes: 0 }).sessions, 0);
});

test('no step is faster than reading the weights once and the keys and values of every session', () => {
  const { single, full, sessions } = plan({ stages: 'decoder' });
  // 8,030,887,936 parameters without the input embedding, in bf16, and 655 positions of 136 KiB.
  const weights = 2 * (8_030_887_936 - 153_376 * 4096);
  const context = 655 * 136 * 1024;
  assert.equal(single.bytes, weights + context);
  assert.equal(single.seconds, (weights + context) / 0.8e12);
  assert.equal(single.tokensPerSecond, 1 / ((weights + context) / 0.8e12));
  assert.equal(full.bytes, weights + sessions * context);
  assert.equal(full.tokensPerSecond, sessions / (full.bytes / 0.8e12));
  const unknown = plan({}, 'bf16', { bytesPerSecond: null });
  assert.deepEqual([unknown.single.seconds, unknown.full.tokensPerSecond], [null, null]);
});

test('sessions that the model does not take are refused in a sentence', () => {
  assert.throws(() => plan({ audioSeconds: 41 }), /41 s exceed the package's 40 s/);
  assert.throws(() => plan({ promptPositions: 32_300 }), /32300 \+ 127 \+ 400 positions .* package's 32768/);
});
