import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromJson, toJson } from '@bufbuild/protobuf';
import { ResultSchema, TaskFailure, WarningCode } from './gen/osum/v1/result_pb.js';

test('the JSON of a result has the documented shape: labels as words, times as numbers, absent parts absent', () => {
  const result = create(ResultSchema, {
    tags: '<asr><gender>',
    transcript: { text: 'hello', words: [{ text: 'hello', startSeconds: 0.2, endSeconds: 0.6 }] },
    gender: { label: 'FEMALE', confidence: 0.98 },
    style: { label: '日常口语' },
    soundEvent: { label: 'THROAT_CLEARING' },
    reply: { text: 'hi' },
    timings: {},
    usage: { audioSeconds: 1.3, generatedTokens: 9 },
  });
  const json = toJson(ResultSchema, result);
  assert.deepEqual(json, {
    tags: '<asr><gender>',
    transcript: { text: 'hello', words: [{ text: 'hello', start: 0.2, end: 0.6 }] },
    gender: { label: 'FEMALE', confidence: 0.98 },
    style: { label: '日常口语' },
    soundEvent: { label: 'THROAT_CLEARING' },
    reply: { text: 'hi' },
    timings: {},
    usage: { audioSeconds: 1.3, generatedTokens: 9 },
  });
  assert.deepEqual(fromJson(ResultSchema, json), result);
});

test('a failed part keeps its place and says why; warnings are typed', () => {
  const json = toJson(
    ResultSchema,
    create(ResultSchema, {
      emotion: { status: { failure: TaskFailure.UNKNOWN_LABEL, message: 'printed <GREEN>' } },
      warnings: [{ code: WarningCode.TAG_MISMATCH, message: 'asked for <emotion>, printed <age>' }],
    }),
  );
  assert.deepEqual(json, {
    emotion: { status: { failure: 'TASK_FAILURE_UNKNOWN_LABEL', message: 'printed <GREEN>' } },
    warnings: [{ code: 'WARNING_CODE_TAG_MISMATCH', message: 'asked for <emotion>, printed <age>' }],
  });
});
