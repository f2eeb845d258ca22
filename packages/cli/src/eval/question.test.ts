import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Abilities } from './abilities.js';
import { chooseQuestions, type QuestionChoice } from './choose-questions.js';
import { manifestLineSchema } from './manifest-line.js';
import { inNaturalWords } from './natural-instructions.js';
import { type PlacedLine, questionsOf, twinOf } from './question.js';
import { scoredTasks } from './reference.js';

const abilities: Abilities = {
  model: 'nano',
  version: '1',
  supported: new Set(['asr', 'align', 'gender', 'age', 'chat']),
  labels: new Map([['age', new Set(['CHILD', 'ADULT'])]]),
};
const line = (entry: object, number = 1): PlacedLine => ({
  manifest: 'm.jsonl',
  line: number,
  set: 'dev',
  entry: manifestLineSchema.parse(entry),
});
const clip = {
  audio: 'a.ogg',
  text: 'hello',
  gender: 'male',
  emotion: 'sad',
  words: [{ w: 'hello', start: 0, end: 1 }],
};
const asked = (entry: object, tasks = scoredTasks) =>
  questionsOf(line(entry), abilities, tasks).map(({ tags, instruction, reference }) => [
    tags ?? instruction,
    Object.keys(reference),
  ]);

test('without a wish, each task that is supported and known is asked for alone', () => {
  assert.deepEqual(asked(clip), [
    ['<asr>', ['asr']],
    ['<asr><align>', ['align']],
    ['<gender>', ['gender']],
  ]);
  assert.deepEqual(asked(clip, ['gender', 'emotion']), [['<gender>', ['gender']]]);
});

test('tags of a line are asked in one question, and scored where the answer is known', () => {
  assert.deepEqual(asked({ ...clip, tags: '<asr><age><gender>' }), [
    ['<asr><age><gender>', ['asr', 'gender']],
  ]);
  assert.deepEqual(asked({ ...clip, tags: '<age>' }), []);
});

test('an instruction is scored on the tasks that it means, and on whether it was understood', () => {
  const wish = { ...clip, instruction: 'who?', expectedTags: ['gender'] };
  assert.deepEqual(asked(wish), [['who?', ['gender', 'intent']]]);
  assert.deepEqual(asked({ ...clip, instruction: 'all you can tell' }), [
    ['all you can tell', ['asr', 'align', 'gender', 'emotion']],
  ]);
  assert.deepEqual(asked(wish, ['gender']), [['who?', ['gender']]]);
});

test('what is not supported must be refused', () => {
  const [question] = questionsOf(
    line({ instruction: 'how does she feel?', expectedTags: '<emotion>' }),
    abilities,
    scoredTasks,
  );
  assert.deepEqual(question?.reference, { intent: '' });
});

test('the language of an instruction is told by the line, or by its letters where that tells about the speech', () => {
  const languageOf = (entry: object) => questionsOf(line(entry), abilities, scoredTasks)[0]?.language;
  assert.equal(languageOf({ instruction: 'ok', expectedTags: '<asr>', language: 'zh' }), 'zh');
  assert.equal(languageOf({ instruction: '男的女的', expectedTags: '<gender>' }), 'zh');
  assert.equal(languageOf({ ...clip, instruction: 'who?', language: 'zh' }), 'en');
});

test('the twin of an instruction asks for the same by tags, and is not judged by understanding', () => {
  const [question] = questionsOf(
    line({ ...clip, instruction: 'who?', expectedTags: '<gender>', kind: 'terse' }),
    abilities,
    scoredTasks,
  );
  assert.deepEqual(twinOf(question!), {
    manifest: 'm.jsonl',
    line: 1,
    set: 'dev',
    audio: 'a.ogg',
    tags: '<gender>',
    reference: { gender: 'MALE' },
    twin: true,
  });
  const [alone] = questionsOf(line({ instruction: 'x', expectedTags: '<asr>' }), abilities, scoredTasks);
  assert.equal(twinOf(alone!), undefined);
});

const words = (text: string) => ({ instruction: text, language: 'en' });
const instructions = new Map([
  ['<asr>', ['write it', 'type it', 'what is said', 'words please'].map(words)],
  ['<asr><align>', [words('with times')]],
  ['<gender>', [words('who?')]],
]);

test('natural words are drawn by the tags, the same ones for the same seed, whatever else is asked', () => {
  const lines = Array.from({ length: 40 }, (_, index) => line(clip, index + 1));
  const questions = lines.flatMap((one) => questionsOf(one, abilities, scoredTasks));
  const natural = inNaturalWords(questions, instructions, 1);
  assert.deepEqual(inNaturalWords(questions, instructions, 1), natural);
  const said = (list: typeof natural) => list.map(({ instruction }) => instruction);
  assert.notDeepEqual(said(inNaturalWords(questions, instructions, 2)), said(natural));
  assert.deepEqual(natural[1], {
    manifest: 'm.jsonl',
    line: 1,
    set: 'dev',
    audio: 'a.ogg',
    ...words('with times'),
    reference: { align: clip.words, intent: '<asr><align>' },
  });
  const recognition = questions.filter(({ tags }) => tags === '<asr>');
  const drawn = inNaturalWords(recognition, instructions, 1);
  assert.deepEqual(
    drawn,
    natural.filter(({ reference }) => reference.intent === '<asr>'),
  );
  assert.equal(new Set(said(drawn)).size, 4);
});

const choice: QuestionChoice = {
  tasks: scoredTasks,
  includeUntrained: false,
  instructions: undefined,
  compare: false,
  rubrics: new Map(),
  seed: 1,
};

test('what the package does not support is left out, and said', () => {
  const { questions, leftOut } = chooseQuestions([line(clip), line(clip, 2)], abilities, choice);
  assert.equal(questions.length, 6);
  assert.deepEqual(leftOut, ['not scored: 2 x <emotion>, which nano does not support']);
});

test('with a comparison, each question in words is followed by its twin', () => {
  const { questions } = chooseQuestions([line(clip)], abilities, { ...choice, instructions, compare: true });
  assert.deepEqual(
    questions.map(({ tags, twin }) => [tags, twin]),
    [
      [undefined, undefined],
      ['<asr>', true],
      [undefined, undefined],
      ['<asr><align>', true],
      [undefined, undefined],
      ['<gender>', true],
    ],
  );
});

test('what cannot be scored is refused before anything is asked', () => {
  const refused: [object, Partial<QuestionChoice>, RegExp][] = [
    [{ audio: 'a.ogg', emotion: 'sad' }, {}, /nothing to score: .* that nano supports/],
    [{ audio: 'a.ogg', age: 'OLD' }, {}, /m\.jsonl:1: nano was not trained on age OLD \(1 references\)/],
    [{ audio: 'a.ogg', chat: { intent: 'hi' } }, {}, /m\.jsonl:1: there is no rubric of the intent "hi"/],
    [clip, { compare: true }, /--compare asks by tags what is asked by instructions/],
    [clip, { instructions: new Map() }, /none that means <asr> or <asr><align> or <gender>/],
  ];
  for (const [entry, options, sentence] of refused) {
    assert.throws(() => chooseQuestions([line(entry)], abilities, { ...choice, ...options }), sentence);
  }
  const old = line({ audio: 'a.ogg', age: 'OLD' });
  assert.equal(
    chooseQuestions([old], abilities, { ...choice, includeUntrained: true }).questions[0]?.tags,
    '<age>',
  );
});
