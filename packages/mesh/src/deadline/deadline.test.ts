import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortable, abortablePromise, sleep } from './abortable.js';
import { grpcTimeout, remainingMs } from './deadline.js';
import { linkSignals } from './linked-signal.js';

test('remaining time is never negative', () => {
  assert.equal(remainingMs(1500, 1000), 500);
  assert.equal(remainingMs(500, 1000), 0);
  assert.equal(remainingMs(Number.POSITIVE_INFINITY, 1000), Number.POSITIVE_INFINITY);
});

test('grpc-timeout has at most 8 digits, and rounds up', () => {
  assert.equal(grpcTimeout(0), '0m');
  assert.equal(grpcTimeout(0.2), '1m');
  assert.equal(grpcTimeout(99_999_999), '99999999m');
  assert.equal(grpcTimeout(100_000_000), '100000S');
  assert.equal(grpcTimeout(100_000_000_001), '1666667M');
  assert.equal(grpcTimeout(1e20), '99999999H');
});

test('a linked signal takes the reason of the first that aborts, until it is unlinked', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const linked = linkSignals(a.signal, undefined, b.signal);
  b.abort('b');
  a.abort('a');
  assert.equal(linked.signal.reason, 'b');
  assert.equal(linkSignals(a.signal).signal.reason, 'a');

  const c = new AbortController();
  const unlinked = linkSignals(c.signal);
  unlinked.unlink();
  c.abort();
  assert.equal(unlinked.signal.aborted, false);
});

test('any number of calls follow one signal, and wait for the signal that follows, without a warning', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const drained = new AbortController();
  const calls = Array.from({ length: 20 }, () => linkSignals(drained.signal));
  const waits = calls.map(() => sleep(60_000, calls[0]!.signal));
  await sleep(1);
  process.off('warning', note);
  assert.deepEqual(warnings, []);
  drained.abort(new Error('drained'));
  for (const wait of waits) await assert.rejects(wait, /drained/);
  assert.ok(calls.every(({ signal }) => signal.aborted));
});

test('an abortable iteration throws the reason while it waits, and tells its source to return', async () => {
  const controller = new AbortController();
  let returned = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<number>>(() => {}),
      return: async () => {
        returned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await assert.rejects(async () => {
    for await (const _ of abortable(source, controller.signal));
  }, /enough/);
  assert.equal(returned, true);
});

test('an abortable iteration that ended because of the abort throws, too', async () => {
  const controller = new AbortController();
  async function* source() {
    yield 1;
    controller.abort(new Error('enough'));
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const value of abortable(source(), controller.signal)) seen.push(value);
  }, /enough/);
  assert.deepEqual(seen, [1]);
});

test('promises and sleeps end with the reason of the signal', async () => {
  const controller = new AbortController();
  const waiting = abortablePromise(new Promise(() => {}), controller.signal);
  const sleeping = sleep(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(sleeping, /enough/);
  await assert.rejects(abortablePromise(Promise.resolve(1), controller.signal), /enough/);
  await assert.rejects(sleep(1, controller.signal), /enough/);
  assert.equal(await abortablePromise(Promise.resolve(1), new AbortController().signal), 1);
});
