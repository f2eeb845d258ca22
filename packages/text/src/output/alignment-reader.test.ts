import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimes } from './alignment-reader.js';
import type { Word } from './output-events.js';
import { OutputParser } from './output-parser.js';

function wordsOf(printed: string): readonly (readonly (string | number | undefined)[])[] {
  return resultOf(printed).words.map(asTuple);
}

function resultOf(printed: string) {
  const parser = new OutputParser();
  for (const character of `<asr><align>${printed}`) parser.push(character);
  return parser.finish().result;
}

function asTuple({ text, startSeconds, endSeconds }: Word): readonly (string | number | undefined)[] {
  if (endSeconds !== undefined) return [text, startSeconds, endSeconds];
  return startSeconds === undefined ? [text] : [text, startSeconds];
}

const timed = [
  ['你', 0.1, 0.3],
  ['好', 0.3, 0.5],
] as const;

for (const [layout, printed] of [
  ['times after each unit', '你<0.1, 0.3>好<0.3, 0.5>'],
  ['times before each unit', '<0.1,0.3>你<0.3,0.5>好'],
  ['a bracket before and after', '<0.1>你<0.3><0.3>好<0.5>'],
  ['shared brackets between', '<0.1>你<0.3>好<0.5>'],
  ['other punctuation and a unit', '你<0.1s，0.3s>好<0.3 - 0.5>'],
] as const) {
  test(`${layout}: ${printed}`, () => {
    assert.deepEqual(wordsOf(printed), timed);
    assert.equal(resultOf(printed).transcript, '你好');
  });
}

test('English words are joined with spaces, Chinese characters without', () => {
  const { transcript, words } = resultOf('hello<0, 0.4>world<0.4, 0.9>你<1, 1.2>好<1.2, 1.3>');
  assert.equal(transcript, 'hello world你好');
  assert.equal(words.length, 4);
});

test('units without times are kept without times', () => {
  assert.deepEqual(wordsOf('hello<0.1,0.4>world'), [['hello', 0.1, 0.4], ['world']]);
  assert.deepEqual(wordsOf('<0.1>hello'), [['hello', 0.1]]);
  assert.deepEqual(wordsOf('hello<0.4>'), [['hello', undefined, 0.4]]);
});

test('a word that ends before it starts loses its times and is reported', () => {
  const { words, malformed } = resultOf('hello<0.9, 0.2>');
  assert.deepEqual(words.map(asTuple), [['hello']]);
  assert.equal(malformed.length, 1);
});

test('a bracket that holds neither times nor a label is reported and the alignment goes on', () => {
  const { words, malformed } = resultOf('hello<noise><0.1,0.4>world<0.5,0.7>');
  assert.deepEqual(words.map(asTuple), [
    ['hello', 0.1, 0.4],
    ['world', 0.5, 0.7],
  ]);
  assert.equal(malformed[0]?.raw, '<noise>');
});

test('times are one or two plain decimal numbers', () => {
  assert.deepEqual(parseTimes('0.1, 12'), [0.1, 12]);
  assert.deepEqual(parseTimes(' 3.5 '), [3.5]);
  for (const other of ['', 'MALE', '1e5', '-1', '1,2,3', '0x1', '.'])
    assert.equal(parseTimes(other), undefined, other);
});
