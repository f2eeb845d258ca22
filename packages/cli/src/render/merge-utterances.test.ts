import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { UtteranceResultSchema } from '@osum/proto';
import { mergeUtterances } from './merge-utterances.js';

const utterance = (
  startSeconds: number,
  endSeconds: number,
  text: string,
  label: string,
  confidence: number,
) =>
  create(UtteranceResultSchema, {
    startSeconds,
    endSeconds,
    result: {
      tags: '<asr><gender>',
      transcript: { text, confidence: 0.81 },
      gender: { label, confidence },
      usage: { audioSeconds: endSeconds - startSeconds, generatedTokens: 5 },
    },
  });

it('gives the label that holds for the longest time, and sums the usage', () => {
  const merged = mergeUtterances([
    utterance(0, 3, 'one', 'MALE', 0.9),
    utterance(3, 5, 'two', 'FEMALE', 0.99),
    utterance(5, 7, 'three', 'FEMALE', 0.7),
  ]);
  assert.equal(merged.transcript?.text, 'one two three');
  assert.ok(Math.abs((merged.transcript?.confidence ?? 0) - 0.81) < 1e-9);
  assert.equal(merged.gender?.label, 'FEMALE');
  assert.equal(merged.gender?.confidence, 0.99);
  assert.equal(merged.usage?.generatedTokens, 15);
  assert.equal(merged.usage?.audioSeconds, 7);
});

it('leaves the result of a single utterance as it is', () => {
  const single = utterance(0, 3, 'one', 'MALE', 0.9);
  assert.equal(mergeUtterances([single]), single.result);
});
