import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertClose, controls, given, noise, openTestBackend, TestDevice } from './testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend({ HOSTACL_DEVICES: '2' }));
});
after(() => on.close());

test('a replay takes new uploads and computes nothing at capture', async () => {
  const program = on.program();
  const x = program.arena.tensor('f32', [4]);
  const input = program.upload(x);
  const output = program.download(program.muls(program.adds(x, 1), 3));
  await using graph = await on.stream.capture(program);
  assert.throws(() => output.bytes, /has not finished yet/);
  for (const values of [
    [1, 2, 3, 4],
    [-1, 0, 1, 10],
  ]) {
    input.setValues(values);
    await graph.replay();
    assert.deepEqual(
      [...output.float32()],
      values.map((v) => (v + 1) * 3),
    );
  }
});

test('replays issued without awaiting keep their own uploads and downloads', async () => {
  const program = on.program();
  const x = program.arena.tensor('f32', [1]);
  const input = program.upload(x);
  const output = program.download(program.adds(x, 0.5));
  await using graph = await on.stream.capture(program);
  const seen: number[] = [];
  const replays = Array.from({ length: 8 }, (_, i) => {
    input.setValues([i]);
    return graph.replay().then(() => seen.push(output.float32()[0] as number));
  });
  await Promise.all(replays);
  assert.deepEqual(seen, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
});

test('attention lengths change between replays, and each replay equals a run', async () => {
  const [batch, heads, kvHeads, size, blockSize, blocks] = [2, 4, 2, 64, 128, 6];
  const program = on.program();
  const query = program.arena.tensor('bf16', [batch, heads, size]);
  const caches = [70, 71].map((seed) => {
    return given(
      program,
      'bf16',
      [blocks, blockSize, kvHeads * size],
      noise(blocks * blockSize * kvHeads * size, seed),
    );
  });
  const [key, value] = caches as [(typeof caches)[0], (typeof caches)[0]];
  const input = program.upload(query);
  const table = given(program, 'i32', [batch, 2], [5, 2, 0, 3]);
  const keyLengths = program.lengths([1, 1]);
  const attended = program.attention({
    query,
    key,
    value,
    layout: 'TND',
    heads,
    kvHeads,
    scale: 0.125,
    queryLengths: [1, 2],
    keyLengths,
    blockTable: table,
    causal: true,
    mask: await on.device.causalMask(),
  });
  const output = program.download(program.muls(attended, 2));
  const lengths = [
    [1, 1],
    [140, 3],
    [7, 256],
    [128, 129],
    [2, 2],
  ];
  const expected: Float64Array[] = [];
  for (const [i, pair] of lengths.entries()) {
    input.setValues(noise(batch * heads * size, 80 + i));
    keyLengths.set(pair);
    await on.stream.run(program);
    expected.push(output.values());
  }
  keyLengths.set([256, 256]);
  await using graph = await on.stream.capture(program);
  for (const [i, pair] of lengths.entries()) {
    input.setValues(noise(batch * heads * size, 80 + i));
    keyLengths.set(pair);
    await graph.replay();
    assertClose(output.values(), expected[i] as Float64Array, 0);
  }
  keyLengths.set([1, 2, 3]);
  await assert.rejects(graph.replay(), /keeps the number of its lengths: captured with 2, replayed with 3/);
});

test('a graph keeps its buffers alive until it is disposed of', async () => {
  const buffer = await on.device.allocate(4096);
  const program = on.program();
  const output = program.download(program.adds(program.fill(buffer.tensor('f32', [4]), 2), 1));
  const graph = await on.stream.capture(program);
  let freed = false;
  const released = buffer.dispose().then(() => {
    freed = true;
  });
  await graph.replay();
  assert.deepEqual([...output.float32()], [3, 3, 3, 3]);
  assert.equal(freed, false);
  await graph.dispose();
  await released;
});

test('an aborted replay rejects with the reason', async () => {
  const program = on.program();
  program.fill(program.arena.tensor('f32', [4]), 2);
  await using graph = await on.stream.capture(program);
  await assert.rejects(graph.replay({ signal: AbortSignal.abort(new Error('gone')) }), /gone/);
});

test('events cannot be captured, and the stream works on after the refusal', async () => {
  await using event = await on.device.createEvent();
  const program = on.program();
  program.record(event);
  await assert.rejects(on.stream.capture(program), /cannot record or wait for events/);
  await on.stream.synchronize();
});

test('a refused operator ends the capture cleanly', async () => {
  const program = on.program();
  const index = program.arena.tensor('i64', [2]);
  program.indexCopy(program.arena.tensor('f32', [4, 32]), 0, index, program.arena.tensor('f32', [2, 33]));
  await assert.rejects(on.stream.capture(program), /aclnnInplaceIndexCopyGetWorkspaceSize.*161002/);
  controls(on.backend).misuse();
  await on.stream.synchronize();
  assert.equal(controls(on.backend).stats().liveModels, 0);
});

test('a reset does not wait for graphs that hold the causal mask or other memory', {
  timeout: 20_000,
}, async () => {
  const lost = await TestDevice.open(on.backend, 1);
  const program = lost.program();
  program.muls(program.cast(await lost.device.causalMask(), 'f32'), 2);
  const graph = await lost.stream.capture(program);
  await lost.device.reset();
  await assert.rejects(graph.replay(), /device was reset/);
  assert.equal((await lost.device.causalMask()).storage.device, lost.device);
  await graph.dispose();
  await lost.stream.dispose();
  await lost.buffer.dispose();
  await lost.device.close();
});
