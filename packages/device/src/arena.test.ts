import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, ArenaFullError } from './arena.js';
import type { Device } from './device.js';
import { DeviceBuffer } from './device-buffer.js';

const arena = () => new Arena(new DeviceBuffer({} as Device, 1, 4096));

test('tensors start at multiples of 512 bytes and the peak is kept', () => {
  const a = arena();
  assert.equal(a.tensor('f32', [3]).offset, 0);
  assert.equal(a.tensor('bf16', [2, 2]).offset, 256);
  assert.equal(a.tensor('i64', []).offset, 128);
  assert.deepEqual([a.usedBytes, a.peakBytes, a.freeBytes], [1536, 1536, 2560]);
});

test('release gives memory back to the next tensor, scope does so by itself', () => {
  const a = arena();
  const mark = a.mark();
  a.tensor('u8', [1000]);
  a.release(mark);
  assert.equal(a.tensor('u8', [1]).offset, 0);
  assert.throws(() => a.scope(() => assert.fail(String(a.tensor('u8', [600]).offset))), /512/);
  assert.deepEqual([a.usedBytes, a.peakBytes], [512, 1536]);
  assert.throws(() => a.release(9999), /mark 9999 is not a level/);
});

test('a full arena says what is missing and how much would do', () => {
  const a = arena();
  a.tensor('u8', [3000]);
  assert.throws(
    () => a.tensor('f32', [30, 10]),
    (error: unknown) => {
      assert.ok(error instanceof ArenaFullError);
      assert.equal(error.neededBytes, 3072 + 1536);
      assert.match(error.message, /arena of 4096 bytes has 1024 left, but f32\[30, 10\] needs 1536/);
      return true;
    },
  );
  assert.equal(Arena.bytesFor('f32', [30, 10]), 1536);
});
