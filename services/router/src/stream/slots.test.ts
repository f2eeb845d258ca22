import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlots } from './slots.js';

const { signal } = new AbortController();

test('places are given in the order asked for, and only so many', async () => {
  const slots = createSlots(1);
  const release = await slots.take(signal);
  const order: string[] = [];
  const second = slots.take(signal).then((give) => {
    order.push('second');
    return give;
  });
  const third = slots.take(signal).then((give) => {
    order.push('third');
    return give;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(order, []);
  release();
  (await second)();
  (await third)();
  assert.deepEqual(order, ['second', 'third']);
  (await slots.take(signal))();
});

test('waiting can be given up without losing a place', async () => {
  const slots = createSlots(1);
  const release = await slots.take(signal);
  const leaving = new AbortController();
  const left = slots.take(leaving.signal);
  const stays = slots.take(signal);
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  release();
  (await stays)();
  await assert.rejects(slots.take(leaving.signal), /left/);
  (await slots.take(signal))();
});
