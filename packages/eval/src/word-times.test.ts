import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgeErrorsMs, edgesWithin, type TimedWord, wordTimeErrors } from './word-times.js';

const timed = (...words: [w: string, start: number, end: number][]): TimedWord[] =>
  words.map(([w, start, end]) => ({ w, start, end }));
const reference = timed(
  ['Three', 0.3, 0.8],
  ['eight', 0.95, 1.35],
  ['seven,', 1.68, 2.09],
  ['two', 2.3, 2.7],
);

test('times of words that both sides have are compared', () => {
  const hypothesis = timed(['three', 0.3, 0.7], ['eight', 1, 1.4], ['seven', 1.5, 2.1], ['two', 2.35, 2.9]);
  const errors = wordTimeErrors(reference, hypothesis);
  assert.equal(errors.words, 4);
  assert.deepEqual(errors.startErrorsMs, [0, 50, 180, 50]);
  assert.deepEqual(errors.endErrorsMs, [100, 50, 10, 200]);
  assert.equal(edgesWithin([errors], 'start', 100), 3 / 4);
  assert.equal(edgesWithin([errors], 'start', 200), 1);
  assert.equal(edgesWithin([errors], 'end', 100), 3 / 4);
});

test('inserted, deleted and substituted words shift no other word, and are missed', () => {
  const hypothesis = timed(['uh', 0, 0.1], ['three', 0.4, 0.8], ['ate', 0.95, 1.35], ['two', 2.3, 2.7]);
  const errors = wordTimeErrors(reference, hypothesis);
  assert.deepEqual(errors.startErrorsMs, [100, 0]);
  assert.deepEqual(errors.endErrorsMs, [0, 0]);
  assert.equal(edgesWithin([errors], 'start', 100), 2 / 4);
});

test('a Chinese word may be answered by its characters, and the other way round', () => {
  const word = timed(['你好', 1, 1.6], ['吗', 1.6, 2]);
  const characters = timed(['你', 1.1, 1.2], ['好', 1.2, 1.5], ['吗', 1.6, 2.1]);
  assert.deepEqual(wordTimeErrors(word, characters), {
    words: 2,
    startErrorsMs: [100, 0],
    endErrorsMs: [100, 100],
  });
  assert.deepEqual(wordTimeErrors(characters, word), {
    words: 3,
    startErrorsMs: [100, 0],
    endErrorsMs: [100, 100],
  });
});

test('no words at all are all missed', () => {
  const errors = wordTimeErrors(reference, []);
  assert.deepEqual(errors, { words: 4, startErrorsMs: [], endErrorsMs: [] });
  assert.equal(edgesWithin([errors], 'start', 200), 0);
});

test('words of several utterances count together', () => {
  const good = wordTimeErrors(timed(['a', 0, 1]), timed(['a', 0.05, 1]));
  assert.equal(edgesWithin([good, wordTimeErrors(reference, [])], 'start', 100), 1 / 5);
  assert.deepEqual([...edgeErrorsMs([good, good], 'start')], [50, 50]);
  assert.deepEqual([...edgeErrorsMs([good, wordTimeErrors(reference, [])], 'end')], [0]);
});
