import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracy, confusionMatrix, type Labelled, macroAccuracy, noLabel, recalls } from './label-scores.js';

const labels = (...pairs: [expected: string, given: string | undefined][]): Labelled[] =>
  pairs.map(([expected, given]) => ({ expected, given }));
const sample = labels(
  ['MALE', 'MALE'],
  ['MALE', 'MALE'],
  ['MALE', 'MALE'],
  ['MALE', 'FEMALE'],
  ['FEMALE', 'MALE'],
  ['FEMALE', undefined],
);

test('accuracy counts answers, macro accuracy counts labels', () => {
  assert.equal(accuracy(sample), 3 / 6);
  assert.equal(macroAccuracy(sample), (3 / 4 + 0 / 2) / 2);
});

test('a label that no reference has is left out of the mean, also when it is given', () => {
  const withoutOld = labels(['CHILD', 'CHILD'], ['ADULT', 'OLD'], ['ADULT', 'ADULT']);
  assert.equal(macroAccuracy(withoutOld), (1 + 1 / 2) / 2);
  assert.deepEqual([...recalls(withoutOld).keys()], ['CHILD', 'ADULT']);
});

test('the confusion matrix holds what was given for what, missing labels included', () => {
  const matrix = confusionMatrix(sample);
  assert.deepEqual(Object.fromEntries(matrix.get('MALE')!), { MALE: 3, FEMALE: 1 });
  assert.deepEqual(Object.fromEntries(matrix.get('FEMALE')!), { MALE: 1, [noLabel]: 1 });
});

test('nothing to score is not a number, not zero', () => {
  assert.equal(accuracy([]), Number.NaN);
  assert.equal(macroAccuracy([]), Number.NaN);
});
