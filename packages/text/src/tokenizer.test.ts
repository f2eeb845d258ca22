import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createTokenizer } from './tokenizer.js';

const model = (name: string) => readFileSync(new URL(`../test-data/${name}.model`, import.meta.url));
const special = { bos: 1, eos: 2, pad: 0, addedTokens: [] };
/** As in the published package: added tokens inside and beyond the model's own ids. */
const added = {
  bos: 1,
  eos: 700,
  pad: 0,
  addedTokens: [
    { text: '<s>', id: 1 },
    { text: '[unused10]', id: 700 },
    { text: '[unused1]', id: 701 },
    { text: '<|User|>:', id: 1300 },
    { text: '<|User|>:!', id: 1301 },
  ],
};

test('bos is put in front only where asked for, and nothing is ever appended', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), special);
  const plain = tokenizer.encode('hello');
  assert.deepEqual(tokenizer.encode('hello', { bos: true }), [1, ...plain]);
  assert.deepEqual(tokenizer.encode('', { bos: true }), [1]);
  assert.ok(!plain.includes(1) && !plain.includes(2));
});

test('added tokens are split off first, the longest at each place, and each stretch is encoded alone', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), added);
  const part = (text: string) => tokenizer.encode(text);
  assert.deepEqual(part('hello[unused10]hello'), [...part('hello'), 700, ...part('hello')]);
  assert.deepEqual(part('<|User|>:!'), [1301]);
  assert.deepEqual(part('<|User|>:[unused1]?'), [1300, 701, ...part('?')]);
  assert.deepEqual(part('<s>a'), [1, ...part('a')]);
  assert.equal(tokenizer.vocabularySize, 1302);
});

test('an added token drops the white space beside it where it says so', () => {
  const addedTokens = [
    { text: '[left]', id: 700, stripLeft: true },
    { text: '[right]', id: 701, stripRight: true },
  ];
  const tokenizer = createTokenizer(model('bpe-bytes'), { ...special, addedTokens });
  const part = (text: string) => tokenizer.encode(text);
  assert.deepEqual(part('a  [left] b'), [...part('a'), 700, ...part(' b')]);
  assert.deepEqual(part('a [right] \n b'), [...part('a '), 701, ...part('b')]);
  assert.deepEqual(part(' [left] [right] '), [...part(''), 700, ...part(' '), 701, ...part('')]);
});

test('decoding drops bos, eos and pad, writes other added tokens out, and decodes each stretch alone', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), added);
  const text = 'hello world<|User|>:how are you[unused1]今天😀';
  assert.equal(tokenizer.decode([1, ...tokenizer.encode(text), 700, 0]), text);
});

test('an incremental decoder holds a character back until its last byte has come', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), special);
  const decoder = tokenizer.createDecoder();
  const steps = tokenizer.encode('a😀b').map((id) => decoder.push(id));
  assert.deepEqual(
    steps.filter((step) => step !== ''),
    ['a', '😀', 'b'],
  );
  assert.ok(steps.length > 5);
  assert.equal(decoder.flush(), '');
});

test('bytes that never become a character come out as U+FFFD, at the latest on flush', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), special);
  const [lead] = tokenizer.encode('😀').slice(-4);
  const decoder = tokenizer.createDecoder();
  assert.equal(decoder.push(lead!), '');
  assert.equal(decoder.flush(), '\ufffd');
});

test('ids and models that do not fit are refused in a sentence', () => {
  const tokenizer = createTokenizer(model('bpe-bytes'), special);
  assert.throws(() => tokenizer.decode([99_999]), /below 1200, got 99999/);
  assert.throws(() => createTokenizer(model('bpe-bytes'), { ...special, eos: 45_892 }), /eos id.*got 45892/);
  assert.throws(() => createTokenizer(Buffer.from('not a model'), special), /expected a SentencePiece model/);
  assert.throws(() => createTokenizer(new Uint8Array(), special), /without pieces/);
  const cut = model('bpe-bytes').subarray(0, 5000);
  assert.throws(() => createTokenizer(cut, special), /SentencePiece model/);
});
