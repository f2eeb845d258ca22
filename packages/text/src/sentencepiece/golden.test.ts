import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { SentencePieceProcessor } from './processor.js';

interface Case {
  readonly text?: string;
  readonly base64?: string;
  readonly ids: readonly number[];
  readonly decoded: string;
  readonly shuffled: readonly number[];
  readonly shuffledDecoded: string;
}

/**
 * The committed fixtures, or a larger set made by make-fixtures.py into the folder that the variable names.
 */
const folder = process.env.OSUM_TOKENIZER_FIXTURES
  ? pathToFileURL(`${process.env.OSUM_TOKENIZER_FIXTURES}/`)
  : new URL('../../test-data/', import.meta.url);

for (const name of ['bpe-bytes', 'bpe-suffix', 'bpe-unused', 'unigram-nfkc', 'unigram-symbols']) {
  const processor = new SentencePieceProcessor(readFileSync(new URL(`${name}.model`, folder)));
  const cases: Case[] = JSON.parse(readFileSync(new URL(`${name}.golden.json`, folder), 'utf8'));

  test(`${name}: ids equal those of the SentencePiece library`, () => {
    assert.ok(cases.length >= 200);
    for (const { text, base64 = '', ids } of cases) {
      assert.deepEqual(
        processor.encode(text ?? Buffer.from(base64, 'base64')),
        ids,
        JSON.stringify(text ?? base64),
      );
    }
  });

  test(`${name}: decoding piece by piece gives the library's text and never half a character`, () => {
    for (const { ids, decoded, shuffled, shuffledDecoded } of cases) {
      assert.equal(decodeInSteps(processor, ids), decoded, `of ${ids}`);
      assert.equal(decodeInSteps(processor, shuffled), shuffledDecoded, `of ${shuffled}`);
    }
  });
}

function decodeInSteps(processor: SentencePieceProcessor, ids: readonly number[]): string {
  const decoder = processor.createDecoder();
  const steps = [...ids.map((id) => decoder.push(id)), decoder.flush()];
  for (const step of steps) assert.doesNotMatch(step, /\p{Surrogate}/u);
  return steps.join('');
}
