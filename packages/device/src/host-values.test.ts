import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DType } from './dtype.js';
import { promote } from './dtype.js';
import { bf16FromNumber, f16FromNumber, numberFromBf16, numberFromF16 } from './float16.js';
import { bytesFromValues, valuesFromBytes } from './host-values.js';

test('bf16 rounds to the nearest, ties to even', () => {
  assert.equal(bf16FromNumber(1), 0x3f80);
  assert.equal(bf16FromNumber(1 + 2 ** -8), 0x3f80); // a tie, down to even
  assert.equal(bf16FromNumber(1 + 3 * 2 ** -8), 0x3f82); // a tie, up to even
  assert.equal(bf16FromNumber(-3.4e38), 0xff80);
  assert.equal(bf16FromNumber(Number.NaN), 0x7fc0);
  for (let bits = 0; bits < 0x7f80; bits += 7) assert.equal(bf16FromNumber(numberFromBf16(bits)), bits);
});

test('f16 rounds to the nearest, with subnormals and infinities', () => {
  assert.equal(f16FromNumber(1), 0x3c00);
  assert.equal(f16FromNumber(65504), 0x7bff);
  assert.equal(f16FromNumber(65520), 0x7c00);
  assert.equal(f16FromNumber(2 ** -24), 1);
  assert.equal(f16FromNumber(2 ** -25), 0); // a tie, down to even
  assert.equal(f16FromNumber(1.5 * 2 ** -24), 2); // a tie, up to even
  assert.equal(f16FromNumber(-0.1), 0xae66);
  assert.ok(Number.isNaN(numberFromF16(f16FromNumber(Number.NaN))));
  for (let bits = 0; bits <= 0x7c00; bits++) assert.equal(f16FromNumber(numberFromF16(bits)), bits);
});

test('every dtype survives the way to bytes and back', () => {
  const cases: [DType, number[]][] = [
    ['f32', [1.5, -2]],
    ['f16', [0.5, -65504]],
    ['bf16', [1, -2.5]],
    ['i8', [-128, 127]],
    ['i4', [-8, 7, 3]],
    ['i32', [-(2 ** 31), 5]],
    ['i64', [2 ** 40, -1]],
    ['u8', [0, 255]],
    ['bool', [0, 1]],
  ];
  for (const [dtype, values] of cases) {
    const back = [...valuesFromBytes(dtype, bytesFromValues(dtype, values))];
    assert.deepEqual(back.slice(0, values.length), values, dtype);
  }
});

test('unaligned bytes are read all the same', () => {
  const shifted = new Uint8Array(9);
  shifted.set(bytesFromValues('f32', [1, 2]), 1);
  assert.deepEqual([...valuesFromBytes('f32', shifted.subarray(1))], [1, 2]);
});

test('types promote as in PyTorch', () => {
  assert.equal(promote('f16', 'bf16'), 'f32');
  assert.equal(promote('bf16', 'i64'), 'bf16');
  assert.equal(promote('i32', 'i64'), 'i64');
  assert.equal(promote('bool', 'u8'), 'u8');
  assert.throws(() => promote('u8', 'i8'), /cast one operand/);
});
