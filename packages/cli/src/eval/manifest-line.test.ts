import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestLineSchema } from './manifest-line.js';

const read = (line: object) => manifestLineSchema.parse(line);
const refusal = (line: object) => {
  const { error } = manifestLineSchema.safeParse(line);
  const issue = error?.issues[0];
  return issue && `${issue.path.join('.')}: ${issue.message}`;
};

test('a line keeps what is to be asked and what is true, and drops what is unknown', () => {
  assert.deepEqual(
    read({
      audio: 'a.ogg',
      start: 1.5,
      end: 4,
      set: 'dev',
      language: 'en',
      text: 'hello there',
      words: [{ w: 'hello', start: 1.6, end: 2, confidence: 0.4 }],
      gender: 'FEMALE',
      age: 'ADULT',
      emotion: null,
      style: '小说',
      caption: 'throat clearing',
      chat: { intent: 'hello' },
      speaker: 'x',
    }),
    {
      audio: 'a.ogg',
      start: 1.5,
      end: 4,
      set: 'dev',
      language: 'en',
      reference: {
        asr: 'hello there',
        align: [{ w: 'hello', start: 1.6, end: 2 }],
        gender: 'FEMALE',
        age: 'ADULT',
        style: '有声书',
        caption: 'THROAT_CLEARING',
        chat: 'hello',
      },
    },
  );
});

test('the manifests of the training data are read as they are', () => {
  const { reference } = read({
    audio: 'emodb/08a01Ab.ogg',
    duration: 2,
    text: 'der lappen',
    gender: 'female',
    age: 34,
    age_label: 'ADULT',
    emotion: 'boredom',
    style: 'acted',
  });
  assert.deepEqual(reference, { asr: 'der lappen', gender: 'FEMALE', age: 'ADULT', emotion: 'OTHER' });
  assert.deepEqual(read({ audio: 'c.ogg', event: 'none', age: 7 }).reference, { caption: 'OTHER' });
  assert.deepEqual(read({ audio: 'c.ogg', event: 'scream' }).reference, { caption: 'SCREAMING' });
});

test('instructions alone are read, also as lists of instructions have them', () => {
  assert.deepEqual(read({ instruction: 'who is it?', expectedTags: '<gender> <AGE>' }), {
    instruction: 'who is it?',
    reference: { intent: '<gender><age>' },
  });
  assert.deepEqual(read({ text: '转写', tags: ['asr', 'align'], lang: 'zh', kind: 'terse' }), {
    instruction: '转写',
    language: 'zh',
    kind: 'terse',
    reference: { intent: '<asr><align>' },
  });
  assert.deepEqual(read({ text: 'translate it', tags: [] }).reference, { intent: '' });
});

test('a silent recording has an empty text, which is known', () => {
  assert.deepEqual(read({ audio: 'a.ogg', text: '' }).reference, { asr: '' });
});

test('what cannot be meant is refused in one sentence that names the field', () => {
  const refused: [object, RegExp][] = [
    [{ audio: 'a.ogg', gender: 'robot' }, /^gender: "robot" is no label: expected MALE, FEMALE$/],
    [{ audio: 'a.ogg', event: 'lauhg' }, /^event: "lauhg" is no label: expected LAUGH, /],
    [{ audio: 'a.ogg', age_label: 'TEEN' }, /^age_label: "TEEN" is no label/],
    [{ audio: 'a.ogg', text: 'x', tags: '<smell>' }, /^tags: unknown tag <smell>/],
    [{ audio: 'a.ogg', text: 'x', tags: [] }, /^tags: expected at least one tag/],
    [{ audio: 'a.ogg', text: 'x', tags: '<asr>', instruction: 'y' }, /^instruction: give either/],
    [{ audio: 'a.ogg', text: 'x', expectedTags: '<asr>' }, /^expectedTags: .*there is none/],
    [{ audio: 'a.ogg', text: 'x', start: 3, end: 2 }, /^end: expected a time after the start at 3 s/],
    [{ audio: 'a.ogg', words: [{ word: 'x' }] }, /^words\.0\.w: /],
    [{ audio: 'a.ogg' }, /^audio: nothing is known about it/],
    [{ text: 'x' }, /^audio: expected a recording, or without one/],
    [{ instruction: 'x' }, /^audio: expected a recording, or without one/],
    [{ instruction: 'x', expectedTags: 7 }, /^expectedTags: expected tags such as/],
  ];
  for (const [line, sentence] of refused) assert.match(refusal(line) ?? 'accepted', sentence);
});
