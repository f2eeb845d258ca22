import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTags, printTags, TagError } from './tags.js';

test('tags are read in the order written, whatever their case and the white space between them', () => {
  assert.deepEqual(parseTags('<asr><age>'), ['asr', 'age']);
  assert.deepEqual(parseTags(' <ASR>  < Gender >\n<align> '), ['asr', 'gender', 'align']);
});

test("the keys of upstream's data sets are read as their tags", () => {
  assert.deepEqual(parseTags('<TRANSCRIBE> <EMOTION>'), ['asr', 'emotion']);
  assert.deepEqual(parseTags('<S2TCHAT>'), ['chat']);
});

test('printing is the inverse of parsing', () => {
  const tags = '<asr><caption><age><gender><emotion><style>';
  assert.equal(printTags(parseTags(tags)), tags);
});

for (const [text, code] of [
  ['', 'EMPTY'],
  ['  \n', 'EMPTY'],
  ['asr', 'MALFORMED'],
  ['<asr> please', 'MALFORMED'],
  ['<asr', 'MALFORMED'],
  ['<asr><<age>>', 'MALFORMED'],
  ['<asr><event>', 'UNKNOWN_TAG'],
  ['<>', 'UNKNOWN_TAG'],
  ['<constructor>', 'UNKNOWN_TAG'],
  ['<asr><age><asr>', 'DUPLICATE_TAG'],
  [`<${'x'.repeat(100_000)}>`, 'UNKNOWN_TAG'],
] as const) {
  test(`"${text.slice(0, 20)}" is refused as ${code} with a short message`, () => {
    assert.throws(
      () => parseTags(text),
      (error) => error instanceof TagError && error.code === code && error.message.length < 250,
    );
  });
}
