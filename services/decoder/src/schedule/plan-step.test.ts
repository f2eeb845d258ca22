import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenantClock } from '@osum/mesh';
import { planStep } from './plan-step.js';

const limits = { stepRows: 30, stepWorks: 10, quantumRows: 10 };
const prefill = (tenant: string, pendingRows: number) => ({ tenant, pendingRows, decoding: false });

test('tenants get rows of prefill in proportion to their weights', () => {
  const clock = new TenantClock(new Map([['large', 3]]));
  const works = [prefill('small', 1e6), prefill('large', 1e6)];
  for (const { tenant } of works) clock.enter(tenant);
  const rows = new Map<string, number>();
  for (let step = 0; step < 100; step++) {
    for (const { work, rows: count } of planStep(works, limits, clock)) {
      rows.set(work.tenant, (rows.get(work.tenant) ?? 0) + count);
    }
  }
  const share = rows.get('large')! / rows.get('small')!;
  assert.ok(Math.abs(share - 3) < 0.1, `the share was ${share}`);
});

test('every decoding sequence is in the step, and prefill fills the rest in order of arrival', () => {
  const clock = new TenantClock();
  const works = [
    { tenant: 'a', pendingRows: 1, decoding: true },
    prefill('a', 15),
    prefill('a', 50),
    { tenant: 'a', pendingRows: 1, decoding: true },
    prefill('a', 0),
  ];
  const plan = planStep(works, limits, clock).map(({ work, rows }) => [works.indexOf(work), rows]);
  assert.deepEqual(plan, [
    [0, 1],
    [3, 1],
    [1, 15],
    [2, 13],
  ]);
});

test('a step holds at most as many works as the engine takes', () => {
  const works = Array.from({ length: 20 }, (_, i) => prefill(`tenant ${i}`, 2));
  assert.equal(planStep(works, limits, new TenantClock()).length, 10);
});
