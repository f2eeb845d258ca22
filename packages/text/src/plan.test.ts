import assert from 'node:assert/strict';
import { test } from 'node:test';
import { legalTagStrings, OSUM_PANGU_COMBINATIONS } from './combinations.js';
import { PlanError, planPasses } from './plan.js';
import { parseTags } from './tags.js';
import { LABEL_TASKS, TASKS, type Task } from './tasks.js';

const plan = (...tasks: Task[]) => planPasses(tasks, OSUM_PANGU_COMBINATIONS).map(({ tags }) => tags);

test('each of the 22 trained combinations is one pass, in its trained order', () => {
  assert.equal(OSUM_PANGU_COMBINATIONS.length, 22);
  for (const tags of OSUM_PANGU_COMBINATIONS) {
    assert.deepEqual(plan(...parseTags(tags)), [tags]);
    assert.deepEqual(plan(...parseTags(tags).reverse()), [tags]);
  }
});

test('an untrained set is fanned out into as few passes as possible, without tasks that nobody asked for', () => {
  assert.deepEqual(plan('asr', 'emotion', 'gender'), ['<asr><emotion>', '<gender>']);
  assert.deepEqual(plan('gender', 'emotion'), ['<emotion>', '<gender>']);
  assert.deepEqual(plan('asr', 'align', 'emotion', 'age', 'gender'), [
    '<asr><align>',
    '<asr><emotion><age><gender>',
  ]);
});

test('a task that is only trained together with others brings them along', () => {
  assert.deepEqual(planPasses(['align'], OSUM_PANGU_COMBINATIONS), [
    { tags: '<asr><align>', tasks: ['asr', 'align'], answers: ['align'] },
  ]);
});

test('passes with a transcript or a reply come first', () => {
  assert.deepEqual(
    planPasses(['asr', 'gender'], ['<gender>', '<asr>']).map(({ tags }) => tags),
    ['<asr>', '<gender>'],
  );
});

test('for every set of tasks each pass is trained and each task is answered exactly once', () => {
  for (let bits = 1; bits < 2 ** TASKS.length; bits++) {
    const tasks = TASKS.filter((_, bit) => (bits >> bit) & 1);
    const passes = planPasses(tasks, OSUM_PANGU_COMBINATIONS);
    assert.ok(passes.every(({ tags }) => OSUM_PANGU_COMBINATIONS.includes(tags)));
    assert.deepEqual(passes.flatMap(({ answers }) => answers).sort(), [...tasks].sort());
    assert.ok(passes.every(({ answers }) => answers.length > 0));
  }
});

test('a task without a trained combination is refused by name', () => {
  assert.throws(
    () => planPasses(['asr', 'chat', 'align'], ['<asr>', '<gender>']),
    (error) => error instanceof PlanError && error.message.includes('<chat><align>'),
  );
});

test('legal tag strings are the trained combinations and every other set once', () => {
  const legal = legalTagStrings(OSUM_PANGU_COMBINATIONS, TASKS);
  assert.deepEqual(legal.slice(0, 22), OSUM_PANGU_COMBINATIONS);
  assert.equal(legal.length, 2 ** TASKS.length - 1);
  const sets = legal.map((tags) => parseTags(tags).sort().join());
  assert.equal(new Set(sets).size, legal.length);
});

test('legal tag strings keep to the supported tasks', () => {
  const legal = legalTagStrings(OSUM_PANGU_COMBINATIONS, ['asr', 'gender']);
  assert.deepEqual(legal, ['<asr>', '<gender>', '<asr><gender>']);
  assert.equal(legalTagStrings([], LABEL_TASKS).length, 2 ** LABEL_TASKS.length - 1);
});
