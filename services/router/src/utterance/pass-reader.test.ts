import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { PassFinishedSchema, TokenSchema } from '@osum/proto';
import { parseTags, type Task } from '@osum/text';
import { createPassReader } from './pass-reader.js';

function readerOf(tags: string, answers: readonly Task[] = parseTags(tags), offsetSeconds = 0) {
  const pass = { tags, tasks: parseTags(tags), answers };
  return createPassReader(pass, { offsetSeconds, isUntrained: ({ label }) => label === 'OLD' });
}
const tokens = (...texts: string[]) =>
  texts.map((text) => create(TokenSchema, { text, logProbability: Math.log(0.5) }));
const finished = create(PassFinishedSchema, { generatedTokens: 3 });

test('only the tasks that the pass answers are told', () => {
  const reader = readerOf('<asr><age><gender>', ['gender']);
  const events = [
    ...reader.tokens(tokens('<asr>', '<age>', '<gender>', 'hello', '<ADULT>', '<MALE>')),
    ...reader.finish(finished),
  ];
  assert.deepEqual(
    events.map((event) => event.case),
    ['tags', 'gender'],
  );
});

test('word times are in the recording, not in the utterance', () => {
  const reader = readerOf('<asr><align>', undefined, 10);
  const events = [...reader.tokens(tokens('<asr><align>', 'so<0.5,0.8>', 'be')), ...reader.finish(finished)];
  const words = events.flatMap((event) => (event.case === 'word' ? [event.value] : []));
  assert.deepEqual(words, [{ text: 'so', startSeconds: 10.5, endSeconds: 10.8 }]);
  assert.equal(reader.outcome().parsed.transcript, 'so be');
});

test('the confidence of a transcript is the geometric mean over its tokens', () => {
  const reader = readerOf('<asr>');
  reader.tokens(tokens('<asr>', 'a', 'b', 'c'));
  reader.finish(finished);
  assert.ok(Math.abs(reader.outcome().transcriptConfidence - 0.5) < 1e-6);
  assert.equal(readerOf('<gender>').outcome().transcriptConfidence, 0);
});

test('a pass that is broken off gives what there is', () => {
  const reader = readerOf('<asr>');
  reader.tokens(tokens('<asr>', 'half a'));
  const { parsed, finished: end, truncated } = reader.outcome();
  assert.equal(parsed.transcript, 'half a');
  assert.equal(end, undefined);
  assert.equal(truncated, null);
});
