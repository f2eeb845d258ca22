import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { MeshError } from '../status/mesh-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { type BatchQueueOptions, createBatchQueue, lonelyBatches } from './batch-queue.js';

type Options = Partial<BatchQueueOptions<number, string>>;

const tenant = 'someone';
const { signal } = new AbortController();
const caller = { signal, tenant };
setMaxListeners(0, signal);
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
  const { queue, batches } = fixture({ maxWaitMs: 50 });
  const answer = queue.submit(3, caller);
  assert.equal(batches.length, 0);
  while (batches.length === 0) await pause(1);
  assert.deepEqual(batches[0]?.items, [3]);
  batches[0]?.finish();
  const { result, queueSeconds, batchItems } = await answer;
  assert.equal(result, 'done 3');
  assert.equal(batchItems, 1);
  assert.ok(queueSeconds >= 0.049 && queueSeconds < 30, `${queueSeconds}`);
  assert.deepEqual(queue.stats(), nothing);
});

test('a batch closes at once when its cost or its count is reached', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 60_000 });
  const answers = [6, 4].map((item) => queue.submit(item, caller));
  assert.deepEqual(batches[0]?.items, [6, 4]);
  batches[0]?.finish();
  await Promise.all(answers);
  const four = [1, 1, 1, 1].map((item) => queue.submit(item, caller));
  assert.deepEqual(batches[1]?.items, [1, 1, 1, 1]);
  batches[1]?.finish();
  await Promise.all(four);
});

test('a batch never costs more than its limit, except for one item that alone does', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 60_000, maxQueueCost: 100 });
  const answers = [7, 7, 15].map((item) => queue.submit(item, caller));
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
  const first = queue.submit(1, caller);
  const rest = [2, 3].map((item) => queue.submit(item, caller));
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
    assert.ok((await queue.submit(1, caller)).queueSeconds >= 0.29);
  }
  assert.ok((await queue.submit(1, caller)).queueSeconds < 0.29);
  const together = await Promise.all([1, 1].map((item) => queue.submit(item, caller)));
  assert.equal(together[0]?.batchItems, 1);
  assert.ok((await queue.submit(1, caller)).queueSeconds >= 0.29);
});

test('a full queue refuses with a pushback that the throughput makes, and takes entries again later', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(10, caller);
  const waiting = [10, 10].map((item) => queue.submit(item, caller));
  assert.throws(() => queue.check(1, tenant), MeshError);
  await assert.rejects(queue.submit(1, caller), (error) => {
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
  queue.check(1, tenant);
  const again = [10, 10, 10].map((item) => queue.submit(item, caller));
  const { pushbackMs } = (await queue.submit(1, caller).catch((error) => error)) as MeshError;
  // 20 wait, and the first batch took about 100 ms for 10.
  assert.ok(pushbackMs !== undefined && pushbackMs >= 50 && pushbackMs <= 10_000, `${pushbackMs}`);
  for (const [index, answer] of again.entries()) {
    batches[3 + index]?.finish();
    await answer;
  }
});

test('one entry that costs more than the whole queue may still wait', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0, maxQueueCost: 5 });
  const answers = [1, 9].map((item) => queue.submit(item, caller));
  for (const [index, answer] of answers.entries()) {
    batches[index]?.finish();
    await answer;
  }
});

test('an aborted entry leaves the queue at once and is never run', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(1, caller);
  const leaving = new AbortController();
  const left = queue.submit(2, { signal: leaving.signal, tenant });
  const stays = queue.submit(3, caller);
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
  await assert.rejects(queue.submit(1, { signal: leaving.signal, tenant }), /left/);
  assert.deepEqual(queue.stats(), nothing);
});

test('a running batch is given up only when all its entries are aborted', async () => {
  const { queue, batches } = fixture();
  const [a, b] = [new AbortController(), new AbortController()];
  const answers = [
    queue.submit(5, { signal: a.signal, tenant }),
    queue.submit(5, { signal: b.signal, tenant }),
  ];
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
  const answers = [5, 5].map((item) => failing.queue.submit(item, caller));
  failing.batches[0]?.finish(new Error('device'));
  for (const answer of answers) await assert.rejects(answer, /device/);
  assert.deepEqual(failing.queue.stats(), nothing);

  const { queue } = fixture({
    run: async (items) => items.map((item) => (item === 4 ? new Error('bad item') : `${item}`)),
  });
  const [good, bad] = [queue.submit(6, caller), queue.submit(4, caller)];
  assert.equal((await good).result, '6');
  await assert.rejects(bad, /bad item/);
});

test('a batch that returns too few results is an error, not a hang', async () => {
  const { queue } = fixture({ run: async () => [] });
  await assert.rejects(queue.submit(10, caller), /expected 1 results, got 0/);
});

test('several runners run several batches', async () => {
  const { queue, batches } = fixture({ concurrency: 2, maxWaitMs: 0 });
  const answers = [1, 2, 3].map((item) => queue.submit(item, caller));
  assert.equal(batches.length, 2);
  assert.equal(queue.stats().runningBatches, 2);
  for (const [index, answer] of answers.entries()) {
    batches[index]?.finish();
    await answer;
    await pause(1);
  }
});

/** Submits `count` items of 1 for each tenant, in that order, to a busy queue, and returns the tenants as they are served. */
async function turnsOf(tenants: readonly (readonly [string, number])[], weights = {}) {
  const { queue, batches } = fixture({
    maxWaitMs: 0,
    maxQueueItems: 100,
    maxQueueCost: 100,
    tenantWeights: new Map(Object.entries(weights)),
  });
  const busy = queue.submit(1, caller);
  const served: string[] = [];
  const waiting = tenants.flatMap(([name, count]) =>
    Array.from({ length: count }, async () => {
      await queue.submit(1, { signal, tenant: name });
      served.push(name);
    }),
  );
  for (let batch = 0; batch === 0 || served.length < waiting.length; batch += 1) {
    batches[batch]?.finish();
    await pause(0);
  }
  await Promise.all([busy, ...waiting]);
  return served.join('');
}

test('tenants take turns, however many entries one has before the others come', async () => {
  assert.equal(
    await turnsOf([
      ['a', 6],
      ['b', 2],
      ['c', 1],
    ]),
    'abcabaaaa',
  );
});

test('a tenant of greater weight gets more of each batch', async () => {
  const first = (
    await turnsOf(
      [
        ['a', 9],
        ['b', 9],
      ],
      { b: 3 },
    )
  ).slice(0, 12);
  assert.equal([...first].filter((name) => name === 'b').length, 9);
});

test('a full queue gives a tenant that holds less of it the place of the one that holds most', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0, maxQueueItems: 4, maxQueueCost: 100 });
  const running = queue.submit(1, { signal, tenant: 'greedy' });
  const greedy = [2, 3, 4, 5].map((item) => queue.submit(item, { signal, tenant: 'greedy' }));
  assert.throws(() => queue.check(0, 'greedy'), /queue of test is full/);
  queue.check(0, 'modest');
  const modest = [6, 7].map((item) => queue.submit(item, { signal, tenant: 'modest' }));
  for (const displaced of greedy.slice(2)) {
    await assert.rejects(displaced, (error) => {
      assert.ok(error instanceof MeshError);
      assert.equal(error.kind, 'tenantOverShare');
      assert.ok(error.pushbackMs! > 0);
      return true;
    });
  }
  // Now both hold the same.
  assert.throws(() => queue.check(0, 'modest'), /queue of test is full/);
  queue.check(0, 'third');
  for (const [index, answer] of [running, ...greedy.slice(0, 2), ...modest].entries()) {
    batches[index]?.finish();
    await pause(0);
    await answer;
  }
  assert.deepEqual(queue.stats(), nothing);
});

test('nobody is displaced for an entry that would not fit even so', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0, maxQueueItems: 9, maxQueueCost: 20 });
  const running = queue.submit(1, caller);
  const waiting = [queue.submit(8, { signal, tenant: 'a' }), queue.submit(8, { signal, tenant: 'b' })];
  await assert.rejects(queue.submit(17, { signal, tenant: 'c' }), /queue of test is full/);
  for (const [index, answer] of [running, ...waiting].entries()) {
    batches[index]?.finish();
    await pause(0);
    await answer;
  }
});

test('closing rejects what waits and lets what runs finish', async () => {
  const { queue, batches } = fixture({ maxWaitMs: 0 });
  const running = queue.submit(1, caller);
  const waiting = queue.submit(2, caller);
  queue.close(new MeshError('draining', 'bye'));
  await assert.rejects(waiting, /bye/);
  await assert.rejects(queue.submit(1, caller), /bye/);
  batches[0]?.finish();
  assert.equal((await running).result, 'done 1');
});

test('metrics tell batch sizes, waits and refusals', async () => {
  const { queue, batches, telemetry } = fixture();
  const answers = [5, 5].map((item) => queue.submit(item, caller));
  batches[0]?.finish();
  await Promise.all(answers);
  const text = await telemetry.registry.metrics();
  assert.match(text, /osum_batch_entries_sum\{queue="test"\} 2/);
  assert.match(text, /osum_batch_audio_seconds_sum\{queue="test"\} 10/);
  assert.match(text, /osum_queue_wait_seconds_count\{queue="test"\} 2/);
  assert.match(text, /osum_queue_entries\{queue="test"\} 0/);
});
