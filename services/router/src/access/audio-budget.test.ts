import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeshError } from '@osum/mesh';
import { createAudioBudget } from './audio-budget.js';

const quota = { perSecond: 2, burst: 60 };

function budgetAt(rate = quota) {
  const clock = { ms: 0 };
  return { clock, budget: createAudioBudget(rate, () => clock.ms) };
}

function pushbackOf(work: () => void): number | undefined {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof MeshError && error.kind === 'quotaExceeded', String(error));
    return error.pushbackMs;
  }
  return undefined;
}

test('a budget fills at its rate, up to what may be used at once', () => {
  const { clock, budget } = budgetAt();
  budget.take(60);
  assert.equal(
    pushbackOf(() => budget.require()),
    3000,
  );
  clock.ms += 5000;
  budget.require();
  budget.take(10);
  assert.notEqual(
    pushbackOf(() => budget.take(0.1)),
    undefined,
  );
  clock.ms += 3_600_000;
  budget.take(60);
  assert.notEqual(
    pushbackOf(() => budget.take(0.1)),
    undefined,
  );
});

test('what is refused says when it is there, and leaves nothing', () => {
  const { clock, budget } = budgetAt();
  budget.take(50);
  assert.equal(
    pushbackOf(() => budget.take(20)),
    10_000,
  );
  clock.ms += 10_000;
  budget.take(20);
});

test('more than may be used at once is never there: the pushback is for a full budget', () => {
  const { budget } = budgetAt();
  assert.equal(
    pushbackOf(() => budget.take(600)),
    30_000,
  );
});

test('a change of the quota counts from then on', () => {
  const { clock, budget } = budgetAt();
  budget.change({ perSecond: 1, burst: 10 });
  budget.take(10);
  clock.ms += 5000;
  budget.take(5);
  assert.notEqual(
    pushbackOf(() => budget.take(1)),
    undefined,
  );
  budget.change({ perSecond: 100, burst: 1000 });
  clock.ms += 1000;
  budget.take(100);
});

test('a budget is full at first, not after use, and again when it has filled', () => {
  const { clock, budget } = budgetAt();
  assert.equal(budget.isFull, true);
  budget.take(1);
  assert.equal(budget.isFull, false);
  clock.ms += 500;
  assert.equal(budget.isFull, true);
});
