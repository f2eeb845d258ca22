import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { Arena } from './arena.js';
import { DeviceError } from './device-error.js';
import { Program } from './program/program.js';
import { assertClose, controls, given, noise, openTestBackend, TestDevice } from './testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

/** A program of `steps` operators that adds `steps` to a number. */
function counting(steps: number) {
  const program = on.program();
  const x = given(program, 'f32', [1], [0]);
  for (let i = 0; i < steps; i++) program.inplaceAdds(x, 1);
  return { program, count: program.download(x) };
}

test('runs of a stream happen in order without being awaited one by one', async () => {
  const state = on.buffer.tensor('f32', [1], 1 << 20);
  const first = on.program();
  first.fill(state, 1);
  const programs = Array.from({ length: 20 }, (_, i) => {
    const program = on.program();
    program.adds(program.muls(state, 2), i);
    program.copy(state, program.adds(program.muls(state, 2), i));
    return { program, value: program.download(state) };
  });
  await Promise.all([on.stream.run(first), ...programs.map(({ program }) => on.stream.run(program))]);
  let expected = 1;
  for (const [i, { value }] of programs.entries()) {
    expected = Math.fround(expected * 2 + i);
    assert.equal(value.values()[0], expected);
  }
});

test('a program runs again with other uploads, each run with arrays of its own', async () => {
  const program = on.program();
  const x = program.arena.tensor('f32', [2]);
  const input = program.upload(x);
  const output = program.download(program.muls(x, 10));
  input.setValues([1, 2]);
  await on.stream.run(program);
  const first = output.float32();
  input.setValues([3, 4]);
  await on.stream.run(program);
  assert.deepEqual(
    [[...first], [...output.float32()]],
    [
      [10, 20],
      [30, 40],
    ],
  );
});

test('the event loop stays responsive while a long program runs', async () => {
  const program = on.program();
  const x = given(program, 'f32', [1 << 20], noise(1 << 20));
  const y = program.arena.tensor('f32', [1 << 20]);
  for (let i = 0; i < 40; i++) program.exp(x, y);
  program.compile();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const running = on.stream.run(program);
  delay.enable();
  let ticks = 0;
  const ticker = setInterval(() => ticks++, 1);
  const { runUs } = await running;
  clearInterval(ticker);
  delay.disable();
  assert.ok(runUs > 20_000, `the program is long enough to tell (${runUs} us)`);
  assert.ok(ticks > runUs / 10_000, `${ticks} timer ticks during ${runUs} us`);
  assert.ok(delay.percentile(50) < 10e6, `median delay ${delay.percentile(50) / 1e6} ms`);
});

test('an aborted run leaves the queue at once, or rejects once the device is done with it', async () => {
  controls(on.backend).injectFault('slowStream', 1000);
  try {
    const early = Array.from({ length: 6 }, () => counting(20));
    const abort = new AbortController();
    let settledEarly = 0;
    const submitted = on.stream.run(early[0]?.program as Program, { signal: abort.signal });
    const running = early.slice(1).map(async ({ program }) => {
      await on.stream.run(program);
      settledEarly++;
    });
    const queued = on.stream.run(counting(1).program, { signal: abort.signal });
    const later = counting(2);
    const last = on.stream.run(later.program);
    const left = assert.rejects(submitted, /the client left/);
    setTimeout(() => abort.abort(new Error('the client left')), 5);
    await assert.rejects(queued, /the client left/);
    assert.ok(settledEarly < running.length, 'the queued run did not wait for those before it');
    await left;
    await Promise.all([...running, last]);
    assert.deepEqual([early[5]?.count.values()[0], later.count.values()[0]], [20, 2]);
  } finally {
    controls(on.backend).injectFault('none');
  }
});

test('a run whose signal is already aborted is not issued', async () => {
  const { program } = counting(1);
  await assert.rejects(on.stream.run(program, { signal: AbortSignal.abort(new Error('gone')) }), /gone/);
});

test('a refused operator names itself, its place and its tensors, and the stream goes on', async () => {
  const program = on.program();
  const x = given(program, 'f32', [2, 33], noise(66));
  const index = given(program, 'i64', [2], [0, 1]);
  program.adds(x, 1);
  // Two index copies of different width: the shapes agree in rank only, which the device refuses.
  program.indexCopy(program.arena.tensor('f32', [4, 32]), 0, index, x);
  await assert.rejects(on.stream.run(program), (error: unknown) => {
    assert.ok(error instanceof DeviceError);
    assert.equal(error.function, 'aclnnInplaceIndexCopyGetWorkspaceSize');
    assert.equal(error.code, 161002);
    assert.equal(error.step, 3);
    assert.deepEqual(error.tensors, ['f32[4, 32]', 'i64[2]', 'f32[2, 33]']);
    assert.ok(error.detail.length > 0);
    assert.match(
      error.message,
      /host device 0 \(CPU\) at step 3 on f32\[4, 32\], i64\[2\], f32\[2, 33\] with 161002/,
    );
    assert.equal(error.deviceLost, false);
    return true;
  });
  assert.match(controls(on.backend).misuse() ?? '', /#30.*source \[2, 33\] does not fit/);
  const { program: next, count } = counting(3);
  await on.stream.run(next);
  assert.equal(count.values()[0], 3);
});

test('synchronize waits for what was issued before', async () => {
  const { program, count } = counting(10);
  let finished = false;
  const run = on.stream.run(program).then(() => {
    finished = true;
  });
  await on.stream.synchronize();
  await run;
  assert.ok(finished);
  assert.equal(count.values()[0], 10);
});

test('dispose finishes what was issued and refuses what comes after', async () => {
  const stream = await on.device.createStream();
  const { program, count } = counting(30);
  const run = stream.run(program);
  const closed = stream.dispose();
  await Promise.all([run, closed]);
  assert.equal(count.values()[0], 30);
  await assert.rejects(stream.run(counting(1).program), /stream.*disposed of or never existed/);
  await stream.dispose();
});

test('disposing of a buffer in use waits for the program', async () => {
  controls(on.backend).injectFault('slowStream', 500);
  const buffer = await on.device.allocate(1 << 16);
  const program = new Program(new Arena(buffer));
  const x = given(program, 'f32', [4], [1, 2, 3, 4]);
  for (let i = 0; i < 20; i++) program.inplaceAdds(x, 1);
  const result = program.download(x);
  const run = on.stream.run(program);
  const released = buffer.dispose();
  await Promise.all([run, released]);
  controls(on.backend).injectFault('none');
  assert.deepEqual([...result.values()], [21, 22, 23, 24]);
  await assert.rejects(on.stream.run(program), /buffer.*disposed of or never existed/);
});

test('an event orders one stream behind another', async () => {
  controls(on.backend).injectFault('slowStream', 300);
  const other = await on.device.createStream();
  const event = await on.device.createEvent();
  const shared = on.buffer.tensor('f32', [64], 2 << 20);
  for (let round = 1; round <= 5; round++) {
    const producer = on.program();
    const x = given(producer, 'f32', [64], new Float64Array(64));
    for (let i = 0; i < round; i++) producer.inplaceAdds(x, 1);
    producer.copy(shared, x);
    producer.record(event);
    const consumer = new Program(new Arena(on.buffer));
    consumer.arena.tensor('u8', [4 << 20]);
    consumer.wait(event);
    const seen = consumer.download(consumer.muls(shared, 2));
    await Promise.all([other.run(producer), on.stream.run(consumer)]);
    assertClose(seen.values(), new Float64Array(64).fill(2 * round), 0);
    // The next round's producer must not overtake this round's reader.
  }
  controls(on.backend).injectFault('none');
  await other.dispose();
  await event.dispose();
});

test('a wait for a run that failed fails too', async () => {
  const other = await on.device.createStream();
  const event = await on.device.createEvent();
  const failing = on.program();
  failing.indexCopy(
    failing.arena.tensor('f32', [4, 32]),
    0,
    given(failing, 'i64', [2], [0, 1]),
    given(failing, 'f32', [2, 33], noise(66)),
  );
  failing.record(event);
  const waiting = on.program();
  waiting.wait(event);
  const [first, second] = await Promise.allSettled([other.run(failing), on.stream.run(waiting)]);
  assert.equal(first.status, 'rejected');
  assert.equal(second.status, 'rejected');
  controls(on.backend).misuse();
  assert.match(String(second.status === 'rejected' && second.reason), /the work it waited for failed/);
  await other.dispose();
  await event.dispose();
});
