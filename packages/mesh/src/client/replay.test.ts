import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayable } from './replay.js';

async function* count(to: number, state: { returned?: boolean } = {}): AsyncGenerator<number> {
  try {
    for (let i = 0; i < to; i++) yield i;
  } finally {
    state.returned = true;
  }
}

async function take(source: AsyncIterable<number>, most = Number.POSITIVE_INFINITY): Promise<number[]> {
  const taken: number[] = [];
  if (most === 0) return taken;
  for await (const value of source) {
    taken.push(value);
    if (taken.length >= most) break;
  }
  return taken;
}

test('each attempt sees the stream from its start', async () => {
  const replay = replayable(count(5), 10);
  assert.deepEqual(await take(replay.attempt(), 3), [0, 1, 2]);
  assert.deepEqual(await take(replay.attempt(), 1), [0]);
  assert.deepEqual(await take(replay.attempt()), [0, 1, 2, 3, 4]);
  assert.equal(replay.complete, true);
});

test('a message that was asked for by an attempt given up meanwhile is not lost', async () => {
  let release: (value: number) => void = () => {};
  async function* slow(): AsyncGenerator<number> {
    yield 0;
    yield await new Promise<number>((resolve) => {
      release = resolve;
    });
    yield 2;
  }
  const replay = replayable(slow(), 10);
  const first = replay.attempt()[Symbol.asyncIterator]();
  assert.equal((await first.next()).value, 0);
  const abandoned = first.next();
  const second = take(replay.attempt());
  await new Promise((resolve) => setImmediate(resolve));
  release(1);
  assert.deepEqual(await second, [0, 1, 2]);
  assert.equal((await abandoned).done, true);
});

test('beyond what is remembered only the running attempt can go on', async () => {
  const replay = replayable(count(5), 2);
  assert.deepEqual(await take(replay.attempt()), [0, 1, 2, 3, 4]);
  assert.equal(replay.complete, false);
});

test('after a commit nothing more is remembered', async () => {
  const replay = replayable(count(4), 10);
  const attempt = replay.attempt()[Symbol.asyncIterator]();
  await attempt.next();
  replay.commit();
  assert.equal((await attempt.next()).value, 1);
  assert.equal(replay.complete, false);
});

test('closing ends the source', async () => {
  const state: { returned?: boolean } = {};
  const replay = replayable(count(5, state), 10);
  await take(replay.attempt(), 1);
  replay.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.returned, true);
});
