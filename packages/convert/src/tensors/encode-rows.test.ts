import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bf16FromNumber, numberFromBf16 } from '@osum/device';
import { addLowRank } from './add-low-rank.js';
import { areFinite, encodeBf16, quantiseRows } from './encode-rows.js';

/** Repeatable numbers of many magnitudes. */
const sample = (count: number, seed = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i) * 2 ** ((i % 41) - 20));

test('rounding to bf16 goes to the nearest, ties to even', () => {
  const values = Float32Array.of(...sample(1000), 1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -8, 0, -0, 3e38);
  const words = new Uint16Array(values.length);
  encodeBf16(values, words);
  assert.deepEqual([...words], [...values].map(bf16FromNumber));
  assert.equal(numberFromBf16(words[1000]!), 1);
  assert.equal(numberFromBf16(words[1001]!), 1 + 2 ** -6);
});

test('numbers that are not finite are found', () => {
  assert.ok(areFinite(sample(100)));
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.ok(!areFinite(Float32Array.of(1, 2, bad, 4)));
  }
});

test('rows are quantised against their scale as bf16 stores it, ties to even, clamped to 127', () => {
  const weights = Float32Array.of(127, 1.5, 2.5, -0.5, /* row */ 0, 0, 0, 0, /* row */ -1, 0.25, 0.5, 0.75);
  const values = new Int8Array(12);
  const scales = new Uint16Array(3);
  quantiseRows(weights, 4, values, scales);
  assert.deepEqual([...values.subarray(0, 8)], [127, 2, 2, 0, 0, 0, 0, 0]);
  assert.equal(numberFromBf16(scales[0]!), 1);
  assert.ok(numberFromBf16(scales[1]!) > 0, 'a row of zeros has a scale');
  const scale = numberFromBf16(scales[2]!); // 1 / 127 rounded down: the largest is clamped
  assert.equal(scale, numberFromBf16(bf16FromNumber(1 / 127)));
  assert.equal(values[8], -127);
  const rounded = [0.25, 0.5, 0.75].map((w) => Math.round(Math.fround(w / scale)));
  assert.deepEqual([...values.subarray(9)], rounded);
});

test('a low-rank change of any rank is added in float32', () => {
  for (const rank of [1, 4, 8, 11, 64]) {
    const [rows, inputs] = [3, 17];
    const weight = sample(rows * inputs);
    const [a, b] = [sample(rank * inputs, 2), sample(rows * rank, 3)];
    const expected = Float64Array.from(weight, (w, i) => {
      const [row, column] = [Math.floor(i / inputs), i % inputs];
      let product = 0;
      for (let r = 0; r < rank; r++) product += b[row * rank + r]! * a[r * inputs + column]!;
      return w + 0.5 * product;
    });
    addLowRank(weight, b, a, rank, 0.5);
    const largest = Math.max(...expected.map(Math.abs));
    weight.forEach((w, i) => {
      assert.ok(Math.abs(w - expected[i]!) <= 1e-6 * largest, `rank ${rank}: ${w} is not ${expected[i]}`);
    });
  }
});
