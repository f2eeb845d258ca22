import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argmax, constrainedChoice, greedyChoice, logProbability, penalised, Sampler } from './sampling.js';

const near = (actual: number, expected: number, tolerance = 1e-6): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

test('the penalty touches generated ids only: the example of the reference, section 6', () => {
  const scores = penalised(Float32Array.of(2, 1.95, -1), [0, 2, 0], 1.05);
  near(scores[0]!, 1.904762);
  near(scores[1]!, 1.95);
  near(scores[2]!, -1.05);
  assert.equal(greedyChoice(Float32Array.of(2, 1.95, -1), [0, 2], 1.05).token, 1);
  assert.equal(greedyChoice(Float32Array.of(2, 1.95, -1), [], 1.05).token, 0);
});

test('ties go to the lowest id', () => {
  assert.equal(argmax([1, 3, 3, 2]), 1);
  assert.equal(constrainedChoice(Float32Array.of(0, 5, 5, 5), [3, 2], [], 1).token, 2);
});

test('a constrained choice sees the penalty and reports the unconstrained probability', () => {
  const logits = Float32Array.of(1, 2, 1.99);
  const choice = constrainedChoice(logits, new Set([1, 2]), [1], 1.5);
  assert.equal(choice.token, 2);
  near(choice.logProb, logProbability(logits, 2));
  assert.throws(() => constrainedChoice(logits, [], [], 1), /allows no token/);
});

test('log-probabilities sum to one and survive large logits', () => {
  const logits = Float32Array.of(1000, 1001, 999);
  near(
    [0, 1, 2].reduce((sum, i) => sum + Math.exp(logProbability(logits, i)), 0),
    1,
  );
});

test('sampling repeats with its seed and follows the distribution', () => {
  const options = { repetitionPenalty: 1, temperature: 1, topK: 0, topP: 1, seed: 7 };
  const logits = Float32Array.of(Math.log(0.7), Math.log(0.2), Math.log(0.1));
  const draw = (seed: number): number[] => {
    const sampler = new Sampler({ ...options, seed });
    return Array.from({ length: 2000 }, () => sampler.choose(logits, []).token);
  };
  const tokens = draw(7);
  assert.deepEqual(tokens, draw(7));
  assert.notDeepEqual(tokens, draw(8));
  [0.7, 0.2, 0.1].forEach((p, id) => {
    near(tokens.filter((t) => t === id).length / tokens.length, p, 0.04);
  });
});

test('top-k and top-p cut the tail, low temperature sharpens', () => {
  const logits = Float32Array.of(Math.log(0.4), Math.log(0.35), Math.log(0.25));
  const seen = (changes: object): Set<number> => {
    const sampler = new Sampler({
      repetitionPenalty: 1,
      temperature: 1,
      topK: 0,
      topP: 1,
      seed: 1,
      ...changes,
    });
    return new Set(Array.from({ length: 500 }, () => sampler.choose(logits, []).token));
  };
  assert.deepEqual([...seen({})].sort(), [0, 1, 2]);
  assert.deepEqual([...seen({ topK: 2 })].sort(), [0, 1]);
  assert.deepEqual([...seen({ topP: 0.5 })].sort(), [0, 1]);
  assert.deepEqual([...seen({ topP: 0.3 })].sort(), [0]);
  assert.deepEqual([...seen({ temperature: 0.001 })].sort(), [0]);
});

test('options out of range are refused', () => {
  const options = { repetitionPenalty: 1, temperature: 1, topK: 0, topP: 1, seed: 1 };
  assert.throws(() => new Sampler({ ...options, temperature: 0 }), /temperature/);
  assert.throws(() => new Sampler({ ...options, topP: 0 }), /topP/);
  assert.throws(() => new Sampler({ ...options, topK: 1.5 }), /topK/);
});
