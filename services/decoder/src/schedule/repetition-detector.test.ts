import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RepetitionDetector } from './repetition-detector.js';

/** How many tokens are taken in until the first repetition; null without one. */
function endsAfter(tokens: readonly number[], limit = { times: 3, tokens: 12 }): number | null {
  const detector = new RepetitionDetector(limit);
  const at = tokens.findIndex((token) => detector.repeats(token));
  return at < 0 ? null : at + 1;
}

/** `count` tokens that go round `pattern`, after `before`. */
function round(pattern: readonly number[], count: number, before: readonly number[] = []): number[] {
  return [...before, ...Array.from({ length: count }, (_, i) => pattern[i % pattern.length]!)];
}

test('a pattern ends a pass once it came often enough and is long enough', () => {
  assert.equal(endsAfter(round([7], 40)), 12);
  assert.equal(endsAfter(round([1, 2, 3], 40, [9, 8])), 14);
  assert.equal(endsAfter(round([1, 2, 3, 4, 5], 40, [9, 8])), 17);
  assert.equal(endsAfter(round([1, 2, 3, 4, 5], 40, [9, 8]), { times: 2, tokens: 1 }), 12);
});

test('a pattern that holds a token twice is one pattern', () => {
  assert.equal(endsAfter(round([1, 1, 2], 40)), 12);
  assert.equal(endsAfter(round([1, 2, 1, 3, 1], 40)), 15);
});

test('what comes less often, or with changes, goes on', () => {
  const pattern = [1, 2, 3, 4, 5, 6];
  assert.equal(endsAfter(round(pattern, 17)), null);
  assert.equal(endsAfter([...round(pattern, 17), 9, ...round(pattern, 17)]), null);
  assert.equal(endsAfter(round([7], 11)), null);
  assert.equal(endsAfter(Array.from({ length: 400 }, (_, i) => (i % 10) * 7 + Math.floor(i / 10))), null);
});

test('patterns of up to 64 tokens are noticed, longer ones are not', () => {
  const tokens = (length: number) => Array.from({ length }, (_, i) => i + 5);
  assert.equal(endsAfter(round(tokens(64), 300)), 192);
  assert.equal(endsAfter(round(tokens(65), 390)), null);
});

test('a first token equals none before it, whatever its id', () => {
  assert.equal(endsAfter([0, 0, 0], { times: 2, tokens: 3 }), 3);
  assert.equal(endsAfter([0, 1], { times: 2, tokens: 2 }), null);
});
