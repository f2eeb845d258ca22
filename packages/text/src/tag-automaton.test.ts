import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { legalTagStrings, OSUM_PANGU_COMBINATIONS } from './combinations.js';
import { createTagAutomaton, type TagAutomaton } from './tag-automaton.js';
import { TASKS } from './tasks.js';
import { createTokenizer } from './tokenizer.js';

const tokenizerOf = (name: string) => {
  const model = readFileSync(new URL(`../test-data/${name}.model`, import.meta.url));
  return createTokenizer(model, { bos: 1, eos: 2, pad: 0, addedTokens: [] });
};
const legal = legalTagStrings(OSUM_PANGU_COMBINATIONS, TASKS);

// In one model <asr> is a symbol, in the other it is several ordinary pieces.
for (const name of ['unigram-symbols', 'bpe-bytes']) {
  const tokenizer = tokenizerOf(name);
  const automaton = createTagAutomaton(tokenizer, legal);

  test(`${name}: every legal string is accepted to its end`, () => {
    for (const tags of legal) assert.ok(accepts(automaton, tokenizer.encode(tags)), tags);
  });

  test(`${name}: whatever is chosen among the allowed ids, a legal string comes out`, () => {
    let seed = 777;
    for (let walk = 0; walk < 500; walk++) {
      const ids: number[] = [];
      for (let state = automaton.start; ; ) {
        const allowed = automaton.allowedNext(state);
        seed = (seed * 48_271) % 2_147_483_647;
        const id = allowed[seed % allowed.length]!;
        assert.equal(id === tokenizer.eos, id === tokenizer.eos && automaton.canFinish(state));
        if (id === tokenizer.eos) break;
        ids.push(id);
        state = automaton.advance(state, id)!;
      }
      assert.ok(legal.includes(tokenizer.decode(ids)), tokenizer.decode(ids));
    }
  });

  test(`${name}: other ids lead nowhere, allowed ids are ascending`, () => {
    assert.equal(automaton.advance(automaton.start, tokenizer.encode('hello')[0]!), undefined);
    const allowed = [...automaton.allowedNext(automaton.start)];
    assert.deepEqual(
      allowed,
      [...allowed].sort((a, b) => a - b),
    );
    assert.ok(!allowed.includes(tokenizer.eos));
  });
}

test('an empty legal string permits an immediate end; no legal string at all is an error', () => {
  const tokenizer = tokenizerOf('unigram-symbols');
  const automaton = createTagAutomaton(tokenizer, ['', '<asr>']);
  assert.ok(automaton.canFinish(automaton.start));
  assert.ok(automaton.allowedNext(automaton.start).includes(tokenizer.eos));
  assert.throws(() => createTagAutomaton(tokenizer, []), /at least one/);
});

function accepts(automaton: TagAutomaton, ids: readonly number[]): boolean {
  let state: number | undefined = automaton.start;
  for (const id of ids) {
    if (state === undefined || !automaton.allowedNext(state).includes(id)) return false;
    state = automaton.advance(state, id);
  }
  return state !== undefined && automaton.canFinish(state);
}
