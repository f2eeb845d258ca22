import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseQueue } from './lease-queue.js';

test('the most urgent goes first, then the oldest', () => {
  let now = 0;
  const queue = new LeaseQueue<string>(1000, () => now++);
  for (const [priority, name] of [
    [0, 'a'],
    [1, 'b'],
    [0, 'c'],
    [1, 'd'],
  ] as const) {
    queue.push(priority, name);
  }
  assert.deepEqual(
    queue.inOrder().map((waiting) => waiting.value),
    ['b', 'd', 'a', 'c'],
  );
});

test('waiting raises a request above later urgent ones', () => {
  let now = 0;
  const queue = new LeaseQueue<string>(100, () => now);
  queue.push(0, 'patient');
  now = 150;
  queue.push(1, 'urgent');
  queue.push(2, 'very urgent');
  assert.deepEqual(
    queue.inOrder().map((waiting) => waiting.value),
    ['very urgent', 'patient', 'urgent'],
  );
});

test('an entry can be taken out once', () => {
  const queue = new LeaseQueue<string>(100);
  const waiting = queue.push(0, 'a');
  assert.deepEqual([queue.remove(waiting), queue.remove(waiting), queue.size], [true, false, 0]);
});
