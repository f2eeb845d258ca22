import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEdits } from './align-sequences.js';
import { editErrors, errorRate, sumEdits } from './error-rate.js';
import { textUnits } from './text-units.js';

const edits = (reference: string, hypothesis: string) =>
  countEdits(textUnits(reference), textUnits(hypothesis));

test('the rate of a corpus is all errors over all words of the references', () => {
  const counts = [edits('one two three four', 'one too three'), edits('five six', 'five six')];
  assert.equal(errorRate(counts), 2 / 6);
  assert.deepEqual(sumEdits(counts), {
    reference: 6,
    hits: 4,
    substitutions: 1,
    insertions: 0,
    deletions: 1,
  });
});

test('an empty hypothesis is all wrong, and too many words are worse than that', () => {
  assert.equal(errorRate([edits('a b', '')]), 1);
  assert.equal(errorRate([edits('a', 'b c d')]), 3);
});

test('words where the reference is silent count as insertions in the corpus', () => {
  assert.equal(errorRate([edits('', 'oh')]), Number.NaN);
  assert.equal(errorRate([edits('', 'oh'), edits('a b', 'a b')]), 0.5);
  assert.equal(editErrors(edits('', 'oh well')), 2);
});
