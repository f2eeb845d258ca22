import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMostlyCjk, textCharacters, textUnits } from './text-units.js';

test('case and punctuation do not count, apostrophes inside words do', () => {
  assert.deepEqual(textUnits('“Don’t, Mr. Fox-Hunter!” said the dogs’ owner'), [
    "don't",
    'mr',
    'fox',
    'hunter',
    'said',
    'the',
    'dogs',
    'owner',
  ]);
  assert.deepEqual(textUnits("'tis rock 'n' roll"), ['tis', 'rock', 'n', 'roll']);
});

test('letters of every script and digits make words', () => {
  assert.deepEqual(textUnits('Übergrößen: 3,5 cafe\u0301'), ['übergrößen', '3', '5', 'caf\u00e9']);
  assert.deepEqual(textUnits('ни́ва हिन्दी'), ['ни́ва', 'हिन्दी']);
  assert.deepEqual(textUnits('ＦＵＬＬ　width'), ['full', 'width']);
});

test('CJK characters stand for themselves, among words too', () => {
  assert.deepEqual(textUnits('我love你。「今天」、3点'), ['我', 'love', '你', '今', '天', '3', '点']);
  assert.deepEqual(textUnits('カレー です'), ['カ', 'レ', 'ー', 'で', 'す']);
  assert.deepEqual(textUnits('안녕 세상'), ['안녕', '세상']);
});

test('text without a letter has no units', () => {
  assert.deepEqual(textUnits(''), []);
  assert.deepEqual(textUnits(' ... !? 。'), []);
});

test('characters are those of the units, without spaces', () => {
  assert.deepEqual(textCharacters("It's 我"), ['i', 't', "'", 's', '我']);
});

test('a text is mostly CJK when most of its units are', () => {
  assert.equal(isMostlyCjk('今天 ok'), true);
  assert.equal(isMostlyCjk('ok 今'), false);
  assert.equal(isMostlyCjk(''), false);
});
