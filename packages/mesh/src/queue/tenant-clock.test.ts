import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenantClock } from './tenant-clock.js';

test('a tenant that was away gets no credit for it', () => {
  const clock = new TenantClock();
  clock.enter('steady');
  clock.charge('steady', 1000);
  clock.enter('late');
  assert.equal(clock.time('late'), clock.time('steady'));
});

test('tenants that left are forgotten once their clock is the past', () => {
  const clock = new TenantClock();
  clock.enter('steady');
  for (let i = 0; i < 100; i++) {
    clock.enter(`visitor ${i}`);
    clock.charge(`visitor ${i}`, 5);
    clock.leave(`visitor ${i}`);
    clock.charge('steady', 10);
  }
  clock.leave('steady');
  assert.ok(clock.size <= 1, `${clock.size} clocks are kept`);
});

test('a weight of zero is refused', () => {
  assert.throws(() => new TenantClock(new Map([['a', 0]])), /tenant a needs a weight above 0, got 0/);
});
