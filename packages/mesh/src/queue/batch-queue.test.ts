import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeshError } from '../status/mesh-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { type BatchQueueOptions, createBatchQueue, lonelyBatches } from './batch-queue.js';

type Options = Partial<BatchQueueOptions<number, string>>;

const { signal } = new AbortController();
const nothing = { queuedItems: 0, queuedCost: 0, runningBatches: 0, runningItems: 0 };

/** A queue of numbers that cost themselves, with batches that end when the test says so. */
function fixture(options: Options = {}) {
  const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
  const batches: { items: readonly number[]; signal: AbortSignal; finish(error?: Error): void }[] = [];
  const queue = createBatchQueue<number, string>({
    name: 'test',
    telemetry,
    cost: (item) => item,
    run: (items, batchSignal) =>
      new Promise((resolve, reject) => {
        const finish = (error?: Error) =>
          error ? reject(error) : resolve(items.map((item) => `done ${item}`));
        batches.push({ items, signal: batchSignal, finish });
      }),
    maxBatchCost: 10,
    maxBatchItems: 4,
    maxWaitMs: 5,
    maxQueueCost: 20,
    maxQueueItems: 8,
    ...options,
  });
  return { queue, batches, telemetry };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a lone entry runs after the wait, with its times', async () => {
  const { queue, batches } = fixture();
  const answer = queue.submit(3, { signal });
  assert.equal(batches.length, 0);
  while (batches.length === 0) await pause(1);
  assert.deepEqual(batches[0]?.items, [3]);
  batches[0]?.finish();
  const { result, queueSeconds, batchItems } = await answer;
  assert.equal(result, 'done 3');
  assert.equal(batchItems, 1);
  assert.ok(queueSeconds >= 0.004 && queueSeconds < 30, `${queueSeconds}`);
  assert.deepEqual(queue.stats(), nothing);
});

test('a batch closes at once when its cost or its count is reached', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 60_000 });
  const answers = [6, 4].map((item) => queue.submit(item, { signal }));
  assert.deepEqual(batches[0]?.items, [6, 4]);
  batches[0]?.finish();
  await Promise.all(answers);
  const four = [1, 1, 1, 1].map((item) => queue.submit(item, { signal }));
  assert.deepEqual(batches[1]?.items, [1, 1, 1, 1]);
  batches[1]?.finish();
  await Promise.all(four);
});

test('a batch never costs more than its limit, except for one item that alone does', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 60_000, maxQueueCost: 100 });
  const answers = [7, 7, 15].map((item) => queue.submit(item, { signal }));
  assert.deepEqual(batches[0]?.items, [7]);
  batches[0]?.finish();
  await pause(5);
  assert.deepEqual(batches[1]?.items, [7]);
  batches[1]?.finish();
  await pause(5);
  assert.deepEqual(batches[2]?.items, [15]);
  batches[2]?.finish();
  await Promise.all(answers);
});

test('entries that come while a batch runs form the next one', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const first = queue.submit(1, { signal });
  const rest = [2, 3].map((item) => queue.submit(item, { signal }));
  assert.equal(batches.length, 1);
  batches[0]?.finish();
  await first;
  await pause(1);
  assert.deepEqual(batches[1]?.items, [2, 3]);
  batches[1]?.finish();
  await Promise.all(rest);
});

test('entries that never find company stop waiting for it, until some comes', async () => {
  const { queue } = fixture({ maxWaitMs: 300, run: async (items) => items.map(String) });
  for (let i = 0; i < lonelyBatches; i++) {
    assert.ok((await queue.submit(1, { signal })).queueSeconds >= 0.29);
  }
  assert.ok((await queue.submit(1, { signal })).queueSeconds < 0.29);
  const together = await Promise.all([1, 1].map((item) => queue.submit(item, { signal })));
  assert.equal(together[0]?.batchItems, 1);
  assert.ok((await queue.submit(1, { signal })).queueSeconds >= 0.29);
});

test('a full queue refuses with a pushback that the throughput makes, and takes entries again later', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(10, { signal });
  const waiting = [10, 10].map((item) => queue.submit(item, { signal }));
  assert.throws(() => queue.check(1), MeshError);
  await assert.rejects(queue.submit(1, { signal }), (error) => {
    assert.ok(error instanceof MeshError);
    assert.equal(error.kind, 'queueFull');
    assert.equal(error.pushbackMs, 500);
    return true;
  });
  await pause(100);
  batches[0]?.finish();
  await running;
  batches[1]?.finish();
  await waiting[0];
  batches[2]?.finish();
  await waiting[1];
  queue.check(1);
  const again = [10, 10, 10].map((item) => queue.submit(item, { signal }));
  const { pushbackMs } = (await queue.submit(1, { signal }).catch((error) => error)) as MeshError;
  // 20 wait, and the first batch took about 100 ms for 10.
  assert.ok(pushbackMs !== undefined && pushbackMs >= 50 && pushbackMs <= 10_000, `${pushbackMs}`);
  for (const [index, answer] of again.entries()) {
    batches[3 + index]?.finish();
    await answer;
  }
});

test('one entry that costs more than the whole queue may still wait', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0, maxQueueCost: 5 });
  const answers = [1, 9].map((item) => queue.submit(item, { signal }));
  for (const [index, answer] of answers.entries()) {
    batches[index]?.finish();
    await answer;
  }
});

test('an aborted entry leaves the queue at once and is never run', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(1, { signal });
  const leaving = new AbortController();
  const left = queue.submit(2, { signal: leaving.signal });
  const stays = queue.submit(3, { signal });
  assert.equal(queue.stats().queuedItems, 2);
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  assert.deepEqual(queue.stats(), { queuedItems: 1, queuedCost: 3, runningBatches: 1, runningItems: 1 });
  batches[0]?.finish();
  await running;
  await pause(1);
  assert.deepEqual(batches[1]?.items, [3]);
  batches[1]?.finish();
  await stays;
  await assert.rejects(queue.submit(1, { signal: leaving.signal }), /left/);
  assert.deepEqual(queue.stats(), nothing);
});

test('a running batch is given up only when all its entries are aborted', async () => {
  const { queue, batches } = fixture();
  const [a, b] = [new AbortController(), new AbortController()];
  const answers = [queue.submit(5, { signal: a.signal }), queue.submit(5, { signal: b.signal })];
  a.abort(new Error('a left'));
  await assert.rejects(answers[0]!, /a left/);
  assert.equal(batches[0]?.signal.aborted, false);
  b.abort(new Error('b left'));
  await assert.rejects(answers[1]!, /b left/);
  assert.equal(batches[0]?.signal.aborted, true);
  batches[0]?.finish(new Error('given up'));
  await pause(1);
  assert.deepEqual(queue.stats(), nothing);
});

test('a batch that fails fails all its entries; an item that fails only its own', async () => {
  const failing = fixture();
  const answers = [5, 5].map((item) => failing.queue.submit(item, { signal }));
  failing.batches[0]?.finish(new Error('device'));
  for (const answer of answers) await assert.rejects(answer, /device/);
  assert.deepEqual(failing.queue.stats(), nothing);

  const { queue } = fixture({
    run: async (items) => items.map((item) => (item === 4 ? new Error('bad item') : `${item}`)),
  });
  const [good, bad] = [queue.submit(6, { signal }), queue.submit(4, { signal })];
  assert.equal((await good).result, '6');
  await assert.rejects(bad, /bad item/);
});

test('a batch that returns too few results is an error, not a hang', async () => {
  const { queue } = fixture({ run: async () => [] });
  await assert.rejects(queue.submit(10, { signal }), /expected 1 results, got 0/);
});

test('several runners run several batches', async () => {
  const { queue, batches } = fixture({ concurrency: 2, maxWaitMs: 0 });
  const answers = [1, 2, 3].map((item) => queue.submit(item, { signal }));
  assert.equal(batches.length, 2);
  assert.equal(queue.stats().runningBatches, 2);
  for (const [index, answer] of answers.entries()) {
    batches[index]?.finish();
    await answer;
    await pause(1);
  }
});

test('closing rejects what waits and lets what runs finish', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(1, { signal });
  const waiting = queue.submit(2, { signal });
  queue.close(new MeshError('draining', 'bye'));
  await assert.rejects(waiting, /bye/);
  await assert.rejects(queue.submit(1, { signal }), /bye/);
  batches[0]?.finish();
  assert.equal((await running).result, 'done 1');
});

test('metrics tell batch sizes, waits and refusals', async () => {
  const { queue, batches, telemetry } = fixture();
  const answers = [5, 5].map((item) => queue.submit(item, { signal }));
  batches[0]?.finish();
  await Promise.all(answers);
  const text = await telemetry.registry.metrics();
  assert.match(text, /osum_batch_entries_sum\{queue="test"\} 2/);
  assert.match(text, /osum_batch_audio_seconds_sum\{queue="test"\} 10/);
  assert.match(text, /osum_queue_wait_seconds_count\{queue="test"\} 2/);
  assert.match(text, /osum_queue_entries\{queue="test"\} 0/);
});
