import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReplyRubric, replyFaults, replyFits } from './reply-rubric.js';

const goodNight: ReplyRubric = {
  needs: [
    ['good night*', 'sleep well'],
    ['you', "don't"],
  ],
  forbids: ['morning*', 'good day'],
  words: [3, 8],
  repeats: 2,
};
const fits = (reply: string) => replyFits(goodNight, reply);

test('each group needs one of its patterns, as whole words in a row', () => {
  assert.equal(fits('Good night to you!'), true);
  assert.equal(fits('Sleep well, you too.'), true);
  assert.equal(fits('Good evening to you, night owl.'), false);
  assert.equal(fits('Sleep welling up in you.'), false);
  assert.equal(fits('Good night to yours.'), false);
});

test('a star lets the last word go on, but not begin', () => {
  assert.equal(fits('Good nights to you.'), true);
  assert.equal(fits('Some good midnight to you.'), false);
});

test('forbidden patterns, lengths and repetitions are faults', () => {
  assert.equal(fits('Good night, you, until the morning.'), false);
  assert.equal(fits('Good night!'), false);
  assert.equal(fits('Good night to you and to all of yours here'), false);
  assert.equal(fits('You you you, good night.'), false);
  assert.equal(fits(''), false);
});

test('letter case, punctuation, and the kind of apostrophe do not count', () => {
  assert.equal(fits("GOOD -- NIGHT; I 'don’t' know"), true);
  assert.equal(fits("good night, i don't know"), true);
  assert.equal(fits('good night, i do not know'), false);
});

test('the faults say what is wrong', () => {
  assert.deepEqual(replyFaults(goodNight, 'Morning, morning, morning'), [
    'says "morning" 3 times',
    'says none of: good night*, sleep well',
    "says none of: you, don't",
    'says "morning*"',
  ]);
  assert.deepEqual(replyFaults(goodNight, 'sleep well'), [
    'has 2 words, not 3 to 8',
    "says none of: you, don't",
  ]);
});
