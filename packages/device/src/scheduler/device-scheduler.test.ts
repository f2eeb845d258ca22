import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../backend.js';
import type { CapturedGraph } from '../captured-graph.js';
import type { Device } from '../device.js';
import { DeviceError } from '../device-error.js';
import { Program } from '../program/program.js';
import { assertNothingLeft, controls, openTestBackend } from '../testing/test-device.js';
import { DeviceScheduler } from './device-scheduler.js';
import { SchedulerFullError } from './scheduler-full-error.js';
import type { DeviceHealth, Lease } from './scheduling.js';

let backend: Backend;
let devices: Device[];
let scheduler: DeviceScheduler;

before(async () => {
  backend = await openTestBackend({ HOSTACL_DEVICES: '2' });
});
beforeEach(async () => {
  devices = [await backend.openDevice(0), await backend.openDevice(1)];
  scheduler = new DeviceScheduler(devices, { maxQueued: 4, recoveryDelaysMs: [5] });
});
afterEach(async () => {
  controls(backend).injectFault('none');
  await scheduler.close();
  for (const device of devices) await device.close();
  assertNothingLeft(backend);
});
after(() => assert.equal(controls(backend).misuse(), null));

const arenaBytes = 1 << 16;
const [first, second] = [0, 1].map((i) => () => devices[i] as Device) as [() => Device, () => Device];

/** Computes 2 + `value` on a lease. */
async function compute(lease: Lease, value: number): Promise<number> {
  const program = new Program(lease.arena);
  const result = program.download(program.adds(program.fill(program.arena.tensor('f32', [1]), 2), value));
  await lease.run(program);
  return result.values()[0] as number;
}

async function withLease<T>(body: (lease: Lease) => Promise<T>, priority = 0): Promise<T> {
  using lease = await scheduler.lease({ costSeconds: 0.01, arenaBytes, priority });
  return await body(lease);
}

test('work goes to the device with the least outstanding cost', async () => {
  const heavy = await scheduler.lease({ costSeconds: 10, arenaBytes });
  const light = await scheduler.lease({ costSeconds: 1, arenaBytes });
  const third = await scheduler.lease({ costSeconds: 1, arenaBytes });
  assert.deepEqual(
    [heavy, light, third].map((lease) => lease.device.index),
    [0, 1, 1],
  );
  assert.deepEqual(scheduler.stats().outstandingSeconds, [10, 2]);
  for (const lease of [heavy, light, third]) lease.release();
  assert.deepEqual(scheduler.stats().outstandingSeconds, [0, 0]);
});

test('leases are bounded, and the most urgent waiter is served first', async () => {
  const held = await Promise.all(
    Array.from({ length: 4 }, () => scheduler.lease({ costSeconds: 1, arenaBytes })),
  );
  const order: string[] = [];
  const waiters = (
    [
      ['low', -1],
      ['normal', 0],
      ['urgent', 5],
    ] as const
  ).map(async ([name, priority]) => {
    await withLease(async () => order.push(name), priority);
  });
  await sleep(5);
  assert.deepEqual([scheduler.stats().held, scheduler.stats().queued, order.length], [4, 3, 0]);
  held[0]?.release();
  await Promise.all(waiters);
  assert.deepEqual(order, ['urgent', 'normal', 'low']);
  for (const lease of held) lease.release();
});

test('a full queue refuses at once with a time to come back', async () => {
  const held = await Promise.all(
    Array.from({ length: 4 }, () => scheduler.lease({ costSeconds: 1, arenaBytes })),
  );
  const waiters = Array.from({ length: 4 }, () => withLease(async () => {}));
  await assert.rejects(scheduler.lease({ costSeconds: 1, arenaBytes }), (error: unknown) => {
    assert.ok(error instanceof SchedulerFullError);
    assert.equal(error.queued, 4);
    assert.ok(error.retryAfterMs >= 50 && error.retryAfterMs <= 10_000);
    return true;
  });
  assert.equal(scheduler.stats().refused, 1);
  for (const lease of held) lease.release();
  await Promise.all(waiters);
});

test('a waiting request leaves the queue on abort', async () => {
  const held = await Promise.all(
    Array.from({ length: 4 }, () => scheduler.lease({ costSeconds: 1, arenaBytes })),
  );
  const abort = new AbortController();
  const waiting = scheduler.lease({ costSeconds: 1, arenaBytes, signal: abort.signal });
  abort.abort(new Error('the caller hung up'));
  await assert.rejects(waiting, /the caller hung up/);
  assert.deepEqual([scheduler.stats().queued, scheduler.stats().cancelled], [0, 1]);
  for (const lease of held) lease.release();
  const aborted = { costSeconds: 1, arenaBytes, signal: AbortSignal.abort(new Error('gone')) };
  await assert.rejects(async () => scheduler.lease(aborted), /gone/);
});

test('a request bound to a busy device does not hold up requests that fit elsewhere', async () => {
  const held = await Promise.all(
    [1, 2].map(() => scheduler.lease({ costSeconds: 1, arenaBytes, device: first() })),
  );
  let bound = false;
  const waiting = scheduler
    .lease({ costSeconds: 1, arenaBytes, device: first(), priority: 9 })
    .then((lease) => {
      bound = true;
      lease.release();
    });
  const free = await scheduler.lease({ costSeconds: 1, arenaBytes });
  assert.deepEqual([free.device, bound], [second(), false]);
  free.release();
  for (const lease of held) lease.release();
  await waiting;
});

test('many callers share the devices, each with an answer of its own', async () => {
  const wide = new DeviceScheduler(devices, { maxQueued: 1000 });
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      using lease = await wide.lease({ costSeconds: 0.001, arenaBytes: 4096 * (1 + (i % 3)) });
      return await compute(lease, i);
    }),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 200 }, (_, i) => i + 2),
  );
  assert.equal(wide.stats().granted, 200);
  await wide.close();
});

test('arenas and streams are reused: a steady load allocates nothing', async () => {
  for (let i = 0; i < 4; i++) await withLease((lease) => compute(lease, i));
  const before = controls(backend).stats();
  for (let i = 0; i < 20; i++) await withLease((lease) => compute(lease, i));
  const after = controls(backend).stats();
  assert.deepEqual([after.mallocs, after.frees], [before.mallocs, before.frees]);
});

test('memory is taken from idle leases before a request is refused for the lack of it', async () => {
  const { freeBytes } = await first().memory();
  const large = Math.floor(freeBytes * 0.6);
  (await scheduler.lease({ costSeconds: 1, arenaBytes: large, device: first() })).release();
  const held = await scheduler.lease({ costSeconds: 1, arenaBytes: 4096, device: first() });
  // The small one took the large arena; the next needs another as large, which does not fit beside it.
  await assert.rejects(
    scheduler.lease({ costSeconds: 1, arenaBytes: large, device: first() }),
    (error: unknown) => {
      return error instanceof DeviceError && error.outOfMemory;
    },
  );
  held.release();
  const again = await scheduler.lease({
    costSeconds: 1,
    arenaBytes: Math.floor(freeBytes * 0.9),
    device: first(),
  });
  assert.ok(again.arena.buffer.bytes >= Math.floor(freeBytes * 0.9));
  again.release();
});

test('prefetch copies beside the computation, and a wait makes it visible', async () => {
  using lease = await scheduler.lease({ costSeconds: 1, arenaBytes });
  const target = lease.arena.tensor('f32', [256]);
  const { event, done } = lease.prefetch([{ target, data: new Float32Array(256).fill(3) }]);
  const program = new Program(lease.arena);
  program.wait(event);
  const sum = program.download(program.reduceSum(target, [0], true));
  await Promise.all([done, lease.run(program)]);
  assert.deepEqual([...sum.values()], [768]);
});

test('a lost device goes out of service, is rebuilt with its residents, and serves again', async () => {
  const loads: number[] = [];
  const weights = await scheduler.resident(
    'weights',
    async (device) => {
      loads.push(device.index);
      return device.allocate(4096);
    },
    (buffer) => buffer.dispose(),
  );
  const seen: [number, string][] = [];
  const stop = scheduler.onHealth(({ device, state }) => seen.push([device.index, state]));
  const lease = await scheduler.lease({ costSeconds: 1, arenaBytes, device: second() });
  const before = weights.on(second());
  controls(backend).injectFault('deviceLost', 1);
  await assert.rejects(
    compute(lease, 1),
    (error: unknown) => error instanceof DeviceError && error.deviceLost,
  );
  const [, faulty] = scheduler.health() as [DeviceHealth, DeviceHealth];
  assert.deepEqual([faulty.state, faulty.faults], ['recovering', 1]);
  assert.match(faulty.reason ?? '', /507010/);
  // The other device serves meanwhile, and new work avoids the lost one.
  const elsewhere = await Promise.all([1, 2].map(() => scheduler.lease({ costSeconds: 9, arenaBytes })));
  assert.deepEqual(
    elsewhere.map(({ device }) => device.index),
    [0, 0],
  );
  const waiting = scheduler.lease({ costSeconds: 1, arenaBytes, device: second() });
  lease.release();
  const revived = await waiting;
  assert.equal(await compute(revived, 5), 7);
  assert.notEqual(weights.on(second()), before);
  assert.deepEqual(loads, [0, 1, 1]);
  assert.deepEqual(seen, [
    [1, 'recovering'],
    [1, 'in-service'],
  ]);
  assert.deepEqual(
    scheduler.health().map(({ state }) => state),
    ['in-service', 'in-service'],
  );
  stop();
  for (const held of [...elsewhere, revived]) held.release();
});

test('residents with graphs over the memory of a lease do not hold up a recovery', {
  timeout: 20_000,
}, async () => {
  const makeGraphs = async (): Promise<CapturedGraph[]> => [];
  const resident = await scheduler.resident('graphs', makeGraphs, async (graphs) => {
    for (const graph of graphs) await graph.dispose();
  });
  const lease = await scheduler.lease({ costSeconds: 1, arenaBytes, device: second() });
  const program = new Program(lease.arena);
  program.fill(program.arena.tensor('f32', [4]), 1);
  resident.on(second()).push(await lease.stream.capture(program));
  controls(backend).injectFault('deviceLost', 1);
  await assert.rejects(compute(lease, 1), (error) => error instanceof DeviceError && error.deviceLost);
  lease.release();
  const revived = await scheduler.lease({ costSeconds: 1, arenaBytes, device: second() });
  assert.equal(await compute(revived, 5), 7);
  revived.release();
});

test('recovery is tried again when rebuilding fails', async () => {
  let failures = 2;
  let loaded = 0;
  await scheduler.resident('weights', async () => {
    if (loaded++ >= 2 && failures-- > 0) throw new Error('the file is gone for a moment');
  });
  const reasons: (string | null)[] = [];
  scheduler.onHealth(({ reason }) => reasons.push(reason));
  controls(backend).injectFault('deviceLost', 0);
  // The device is found lost while the lease is made ready, and the request waits for its return.
  const revived = await scheduler.lease({ costSeconds: 1, arenaBytes, device: first() });
  assert.equal(await compute(revived, 1), 3);
  revived.release();
  assert.deepEqual(reasons.slice(1), [
    'recovery 1 failed: the file is gone for a moment',
    'recovery 2 failed: the file is gone for a moment',
    null,
  ]);
});

test('a released lease cannot be used, and releasing twice is harmless', async () => {
  const lease = await scheduler.lease({ costSeconds: 1, arenaBytes });
  lease.release();
  lease.release();
  await assert.rejects(compute(lease, 1), /this lease was released/);
  assert.equal(scheduler.stats().held, 0);
});

test('a lease released in mid-run keeps its place until the run has finished', async () => {
  controls(backend).injectFault('slowStream', 2000);
  const lease = await scheduler.lease({ costSeconds: 1, arenaBytes });
  const running = compute(lease, 1);
  lease.release();
  assert.equal(scheduler.stats().held, 1);
  assert.equal(await running, 3);
  assert.equal(scheduler.stats().held, 0);
});

test('close refuses what waits and waits for what is held', async () => {
  const held = await Promise.all(
    Array.from({ length: 4 }, () => scheduler.lease({ costSeconds: 1, arenaBytes })),
  );
  const waiting = scheduler.lease({ costSeconds: 1, arenaBytes });
  const closed = scheduler.close();
  await assert.rejects(waiting, /the device scheduler was closed/);
  await assert.rejects(scheduler.lease({ costSeconds: 1, arenaBytes }), /the device scheduler is closed/);
  for (const lease of held) lease.release();
  await closed;
  assert.deepEqual(
    scheduler.health().map(({ state }) => state),
    ['closed', 'closed'],
  );
});
