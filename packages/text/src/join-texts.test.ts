import assert from 'node:assert/strict';
import { it } from 'node:test';
import { joinTexts } from './join-texts.js';

it('joins texts by spaces, save between Chinese characters', () => {
  assert.equal(joinTexts(['hello', '', 'world']), 'hello world');
  assert.equal(joinTexts(['今天', '天气', 'ok']), '今天天气 ok');
});
