import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOrderedLanes, type OrderedLanes } from './ordered-lanes.js';

async function all(lanes: OrderedLanes<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const message of lanes.messages()) seen.push(message);
  return seen;
}

test('messages come lane after lane, whatever was pushed first', async () => {
  const lanes = createOrderedLanes<string>();
  const [a, b] = [lanes.open(), lanes.open()];
  const seen = all(lanes);
  b.push('b1');
  a.push('a1');
  b.end();
  await Promise.resolve();
  a.push('a2');
  a.end();
  lanes.close();
  assert.deepEqual(await seen, ['a1', 'a2', 'b1']);
});

test('a message of the first lane comes out at once', async () => {
  const lanes = createOrderedLanes<string>();
  const lane = lanes.open();
  const messages = lanes.messages();
  const next = messages.next();
  lane.push('now');
  assert.equal((await next).value, 'now');
});

test('a replacing message takes the place of the last one only if that is of its kind and still waits', async () => {
  const lanes = createOrderedLanes<string>();
  const lane = lanes.open();
  lane.push('start');
  lane.replace('one');
  lane.replace('two');
  const messages = lanes.messages();
  assert.equal((await messages.next()).value, 'start');
  assert.equal((await messages.next()).value, 'two');
  lane.replace('three');
  lane.push('end');
  lane.replace('late');
  lane.end();
  lanes.close();
  const rest: string[] = [];
  for await (const message of messages) rest.push(message);
  assert.deepEqual(rest, ['three', 'end', 'late']);
});

test('a lane that fails ends all messages, after those before it', async () => {
  const lanes = createOrderedLanes<string>();
  const [a, b, c] = [lanes.open(), lanes.open(), lanes.open()];
  c.push('never seen');
  c.end();
  b.push('b1');
  b.fail(new Error('b broke'));
  a.push('a1');
  a.end();
  a.fail(new Error('too late'));
  lanes.close();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const message of lanes.messages()) seen.push(message);
  }, /b broke/);
  assert.deepEqual(seen, ['a1', 'b1']);
});

test('without lanes there are no messages', async () => {
  const lanes = createOrderedLanes<string>();
  lanes.close();
  assert.deepEqual(await all(lanes), []);
});
