import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure } from './bootstrap.js';
import { quantile } from './quantile.js';
import { seededRandom } from './seeded-random.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const answers = Array.from({ length: 100 }, (_, index) => (index < 70 ? 1 : 0));

test('the same seed gives the same interval, another one another', () => {
  const first = measure(answers, mean, { seed: 777 });
  assert.deepEqual(measure(answers, mean, { seed: 777 }), first);
  assert.notDeepEqual(measure(answers, mean, { seed: 778 }), first);
});

test('the interval of a share is the one that the binomial distribution tells', () => {
  const { value, low, high } = measure(answers, mean, { seed: 1, resamples: 4000 });
  const halfWidth = 1.96 * Math.sqrt((0.7 * 0.3) / 100);
  assert.equal(value, 0.7);
  assert.ok(Math.abs(low! - (0.7 - halfWidth)) < 0.015, `${low}`);
  assert.ok(Math.abs(high! - (0.7 + halfWidth)) < 0.015, `${high}`);
});

test('one utterance has no width, and none has no value', () => {
  assert.deepEqual(measure([0.25], mean, { seed: 1 }), { value: 0.25, low: 0.25, high: 0.25 });
  assert.deepEqual(measure([], mean, { seed: 1 }), { value: null, low: null, high: null });
});

test('samples on which the statistic is not defined are left out', () => {
  const meanOfPositive = (values: readonly number[]) => mean(values.filter((value) => value > 0));
  const { low, high } = measure([0, 0, 3], meanOfPositive, { seed: 1 });
  assert.deepEqual([low, high], [3, 3]);
});

test('quantiles are interpolated', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 10], 0.5), 2.5);
  assert.ok(Math.abs(quantile([0, 10], 0.9) - 9) < 1e-12);
  assert.equal(quantile([5], 0.9), 5);
  assert.equal(quantile([], 0.5), Number.NaN);
});

test('random numbers depend on every part of the seed and fill [0, 1)', () => {
  const draw = (...seed: (string | number)[]) => {
    const random = seededRandom(...seed);
    return Array.from({ length: 2000 }, random);
  };
  const numbers = draw(777, 'a');
  assert.deepEqual(draw(777, 'a'), numbers);
  assert.notDeepEqual(draw(777, 'b'), numbers);
  assert.notDeepEqual(draw('777a'), numbers);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  assert.ok(Math.abs(mean(numbers) - 0.5) < 0.03);
});
