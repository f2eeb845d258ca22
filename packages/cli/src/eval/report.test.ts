import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Question } from './question.js';
import type { Facts } from './reference.js';
import { reportLines } from './render-report.js';
import { type Outcome, reportOf } from './report.js';
import { createScorings } from './task-scorings.js';

const scorings = createScorings(
  new Map([['hello', { needs: [['hello']], forbids: [], words: [1, 3], repeats: 1 }]]),
);
const run = { model: 'nano', version: '1', seed: 7, audioSeconds: 10, wallSeconds: 2, concurrency: 4 };

let line = 0;
const outcome = (set: string, reference: Facts, hypothesis: Facts, more: Partial<Question> = {}): Outcome => {
  line += 1;
  const question = { manifest: 'm.jsonl', line, set, audio: 'a.ogg', tags: '<asr>', reference, ...more };
  return { question, hypothesis, audioSeconds: 5, seconds: 0.5 };
};
const failed = (one: Outcome): Outcome => ({ question: one.question, hypothesis: {}, failure: 'no answer' });

const outcomes = [
  outcome('read', { asr: 'one two three four' }, { asr: 'One, two free' }),
  outcome('read', { asr: 'five six' }, { asr: 'five six' }),
  failed(outcome('read', { asr: 'seven eight' }, {})),
  outcome('faces', { gender: 'MALE' }, { gender: 'MALE' }),
  outcome('faces', { gender: 'MALE' }, { gender: 'FEMALE' }),
  { ...outcome('faces', { gender: 'FEMALE' }, {}), problems: ['gender: the model did not print it'] },
];

test('sets are scored apart and together, and failures count as errors', () => {
  const { sets, total, failures } = reportOf(outcomes, scorings, run);
  const { asr } = sets.read!.tasks;
  assert.equal(asr?.utterances, 3);
  assert.equal(asr?.failed, 1);
  assert.equal(asr?.metrics.wer?.value, (1 + 1 + 2) / 8);
  assert.deepEqual(asr?.edits?.words, {
    reference: 8,
    hits: 4,
    substitutions: 1,
    insertions: 0,
    deletions: 3,
  });
  const { gender } = sets.faces!.tasks;
  assert.equal(gender?.metrics.accuracy?.value, 1 / 3);
  assert.equal(gender?.metrics.macroAccuracy?.value, (1 / 2 + 0) / 2);
  assert.deepEqual(gender?.confusion, { MALE: { MALE: 1, FEMALE: 1 }, FEMALE: { '-': 1 } });
  assert.deepEqual([total.asked, total.failed, total.incomplete], [6, 1, 1]);
  assert.deepEqual(total.tasks.asr?.metrics.wer?.value, 0.5);
  assert.deepEqual(failures, [{ manifest: 'm.jsonl', line: 3, audio: 'a.ogg', error: 'no answer' }]);
});

test('the same answers and seed give the same report', () => {
  assert.deepEqual(reportOf(outcomes, scorings, run), reportOf(outcomes, scorings, run));
  assert.notDeepEqual(reportOf(outcomes, scorings, run), reportOf(outcomes, scorings, { ...run, seed: 8 }));
});

test('word times, replies and instructions are scored', () => {
  const words = [{ w: 'hello', start: 1, end: 1.5 }];
  const heard = [{ w: 'hello', start: 1.06, end: 1.7 }];
  const { total } = reportOf(
    [
      outcome('all', { align: words }, { align: heard }),
      outcome('all', { align: words }, {}),
      outcome('all', { chat: 'hello' }, { chat: 'Hello there' }),
      outcome('all', { chat: 'hello' }, { chat: 'Hello hello' }),
      outcome('all', { chat: 'hello' }, {}),
      outcome('all', { intent: '<asr>' }, { intent: '<asr>' }, { language: 'en', kind: 'terse' }),
      outcome('all', { intent: '<asr>' }, { intent: '<gender>' }, { language: 'zh', kind: 'terse' }),
      outcome('all', { intent: '' }, { intent: '' }, { language: 'zh' }),
    ],
    scorings,
    run,
  );
  const { align, chat, intent } = total.tasks;
  assert.equal(align?.metrics.startMedianMs?.value, 60);
  assert.equal(align?.metrics.startsWithin100Ms?.value, 0.5);
  assert.equal(align?.metrics.endsWithin100Ms?.value, 0);
  assert.deepEqual(align?.words, { reference: 2, found: 1 });
  assert.equal(chat?.metrics.rubric?.value, 1 / 3);
  assert.equal(intent?.metrics.exactTags?.value, 2 / 3);
  assert.equal(intent?.groups?.language?.zh?.metrics.exactTags?.value, 1 / 2);
  assert.equal(intent?.groups?.kind?.terse?.utterances, 2);
  assert.equal(intent?.confusion?.refused?.refused, 1);
});

test('a failed instruction is not a refusal', () => {
  const { total } = reportOf([failed(outcome('all', { intent: '' }, {}))], scorings, run);
  assert.equal(total.tasks.intent?.metrics.exactTags?.value, 0);
});

test('tags have no order, and each counts', () => {
  const expected = '<emotion><style>';
  const given = [
    '<style><emotion>',
    '<emotion><style>',
    '<emotion>',
    '<style><emotion><asr>',
    '<emotion><emotion>',
  ];
  const { total } = reportOf(
    given.map((intent) => outcome('all', { intent: expected }, { intent })),
    scorings,
    run,
  );
  assert.deepEqual(total.tasks.intent?.confusion, {
    '<style><emotion>': {
      '<style><emotion>': 2,
      '<emotion>': 1,
      '<asr><style><emotion>': 1,
      '<emotion><emotion>': 1,
    },
  });
});

test('questions in both ways are compared in pairs, and only those in words are scored', () => {
  const both = (words: string, tags: string): Outcome[] => [
    outcome(
      'read',
      { asr: 'a b', intent: '<asr>' },
      { asr: words, intent: '<asr>' },
      { instruction: 'write' },
    ),
    outcome('read', { asr: 'a b' }, { asr: tags }, { twin: true }),
  ];
  const { total, comparison } = reportOf([...both('a', 'a b'), ...both('a b', 'a b')], scorings, run);
  assert.equal(total.asked, 2);
  assert.equal(total.tasks.asr?.metrics.wer?.value, 0.25);
  const wer = comparison?.sets.read?.asr?.wer;
  assert.deepEqual([wer?.tags.value, wer?.instructions.value, wer?.difference.value], [0, 0.25, 0.25]);
  assert.equal(comparison?.total.intent, undefined);
});

test('the report shows scores, confusions, the worst transcripts and the speed', () => {
  const text = reportLines(reportOf(outcomes, scorings, run))
    .join('\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
    .replace(/\u001b\[\d+m/g, '');
  assert.match(text, /^nano 1/);
  assert.match(text, /^read +asr +3 +WER 50\.0 % \[.*\] +CER .* 1 failed$/m);
  assert.match(text, /^total +asr/m);
  assert.match(text, /^gender +FEMALE +- +1 of 1$/m);
  assert.match(text, /said +one two three four\n +heard +One, two free/);
  assert.doesNotMatch(text, /seven eight/);
  assert.match(
    text,
    /6 questions, 1 without an answer, 1 answers out of form; 10 s of audio in 2\.0 s: RTF 0\.200 with 4 at a time/,
  );
});
