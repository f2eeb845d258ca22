import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Backend } from './backend.js';
import { DeviceError } from './device-error.js';
import { bytesFromValues } from './host-values.js';
import {
  assertClose,
  assertNothingLeft,
  controls,
  given,
  noise,
  openTestBackend,
  TestDevice,
} from './testing/test-device.js';

let backend: Backend;
let on: TestDevice;
let folder: string;
before(async () => {
  backend = await openTestBackend({ HOSTACL_DEVICES: '2' });
  on = await TestDevice.open(backend);
  folder = await mkdtemp(join(tmpdir(), 'osum-device-'));
});
after(async () => {
  await on.close();
  await rm(folder, { recursive: true });
});

test('a mapped file is read in place, at any aligned offset, and not written', async () => {
  const path = join(folder, 'weights.bin');
  const values = noise(600, 90);
  await writeFile(path, Buffer.concat([Buffer.alloc(24), bytesFromValues('f32', values)]));
  const { liveDeviceBytes } = controls(backend).stats();
  const file = await on.device.mapFile(path);
  assert.equal(file.bytes, 24 + 2400);
  assert.equal(controls(backend).stats().liveDeviceBytes, liveDeviceBytes);
  const got = await on.compute((p) => p.muls(file.tensor('f32', [20, 30], 24).transpose(), 2));
  assertClose(
    got,
    Float64Array.from({ length: 600 }, (_, i) => 2 * (values[(i % 20) * 30 + Math.floor(i / 20)] as number)),
    1e-6,
  );
  assert.throws(() => file.tensor('f32', [601], 24), /leaves its storage of 2424 bytes/);
  assert.throws(() => file.tensor('f32', [1], 22), /cannot start at byte 22/);
  assert.throws(() => on.program().zero(file.tensor('f32', [4], 0)), /mapped file, which is read-only/);
  assert.equal(on.device.mappedBytes, file.bytes);
  await file.dispose();
  assert.equal(on.device.mappedBytes, 0);
});

test('a file that cannot be mapped is named with the reason', async () => {
  await assert.rejects(on.device.mapFile(join(folder, 'absent')), /absent: No such file or directory/);
  await assert.rejects(on.device.mapFile(folder), /not a regular file/);
  const empty = join(folder, 'empty');
  await writeFile(empty, '');
  await assert.rejects(on.device.mapFile(empty), /the file is empty/);
});

test('memory that does not fit is refused, says so, and costs nothing', async () => {
  const { freeBytes } = await on.device.memory();
  await assert.rejects(on.device.allocate(freeBytes + (1 << 20)), (error: unknown) => {
    assert.ok(error instanceof DeviceError);
    assert.deepEqual([error.code, error.outOfMemory, error.deviceLost], [207001, true, false]);
    assert.match(
      error.message,
      /aclrtMalloc failed on host device 0 \(CPU\) with 207001 \(device memory exhausted\)/,
    );
    return true;
  });
  controls(backend).injectFault('outOfMemory', 1);
  await assert.rejects(on.device.allocate(64), /207001/);
  await (await on.device.allocate(64)).dispose();
  await assert.rejects(on.device.allocate(0), /at least one byte, got 0/);
});

test("several devices compute apart and do not take each other's memory", async () => {
  const other = await TestDevice.open(backend, 1);
  const [first, second] = await Promise.all([
    on.compute((p) => p.adds(given(p, 'f32', [2], [1, 2]), 1)),
    other.compute((p) => p.adds(given(p, 'f32', [2], [10, 20]), 1)),
  ]);
  assert.deepEqual(
    [[...first], [...second]],
    [
      [2, 3],
      [11, 21],
    ],
  );
  const program = on.program();
  program.adds(other.buffer.tensor('f32', [2]), 1);
  await assert.rejects(
    async () => on.stream.run(program),
    /a program of host device 0 \(CPU\) uses memory of host device 1/,
  );
  await other.stream.dispose();
  await other.buffer.dispose();
  await other.device.close();
  await assert.rejects(backend.openDevice(2), /device 2 does not exist: 2 visible/);
});

test('a lost device fails its work, and a reset brings it back with nothing left over', async () => {
  const lost = await TestDevice.open(backend, 1);
  const event = await lost.device.createEvent();
  controls(backend).injectFault('deviceLost', 1);
  await assert.rejects(
    lost.compute((p) => p.adds(given(p, 'f32', [1], [1]), 1)),
    (error: unknown) => {
      assert.ok(error instanceof DeviceError);
      assert.ok(error.deviceLost, error.message);
      return true;
    },
  );
  await lost.device.reset();
  await assert.rejects(
    lost.compute((p) => p.fill(p.arena.tensor('f32', [1]), 1)),
    /made before the device was reset|device was reset/,
  );
  await event.dispose();
  await lost.stream.dispose();
  await lost.buffer.dispose();
  await lost.device.close();
  const again = await TestDevice.open(backend, 1);
  assert.deepEqual([...(await again.compute((p) => p.adds(given(p, 'f32', [1], [1]), 1)))], [2]);
  await again.stream.dispose();
  await again.buffer.dispose();
  await again.device.close();
});

test('a reset lets the work of a device that is well finish before its memory goes', async () => {
  const busy = await TestDevice.open(backend, 1);
  controls(backend).injectFault('slowStream', 3000);
  const program = busy.program();
  const x = program.fill(program.arena.tensor('f32', [64]), 0);
  for (let i = 0; i < 100; i++) program.inplaceAdds(x, 1);
  const running = Promise.allSettled([1, 2, 3].map(() => busy.stream.run(program)));
  await busy.device.reset();
  const [, , last] = await running;
  assert.match(String(last?.status === 'rejected' && last.reason), /device was reset/);
  controls(backend).injectFault('none');
  assert.equal(controls(backend).misuse(), null);
  await busy.stream.dispose();
  await busy.buffer.dispose();
  await busy.device.close();
});

test('a late kernel fault rejects the run that it belongs to', async () => {
  const faulty = await TestDevice.open(backend, 1);
  controls(backend).injectFault('kernel', 2);
  const failing = faulty.compute((p) => p.adds(p.adds(given(p, 'f32', [1], [1]), 1), 1));
  await assert.rejects(failing, (error: unknown) => error instanceof DeviceError && error.deviceLost);
  await faulty.device.reset();
  await faulty.stream.dispose();
  await faulty.buffer.dispose();
  await faulty.device.close();
});

test('a wait that times out rejects its run, and the stream goes on', async () => {
  controls(backend).injectFault('syncTimeout', 1);
  await assert.rejects(
    on.compute((p) => p.fill(p.arena.tensor('f32', [1]), 1)),
    (error: unknown) => {
      return error instanceof DeviceError && error.code === 507046 && !error.deviceLost;
    },
  );
  assert.deepEqual([...(await on.compute((p) => p.fill(p.arena.tensor('f32', [1]), 1)))], [1]);
});

test('memory and streams that JavaScript forgot are given back by the collector', async () => {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const live = () => {
    const { liveAllocations, liveStreams } = controls(backend).stats();
    return liveAllocations + liveStreams;
  };
  const before = live();
  await (async () => on.device.allocate(4096))();
  await (async () => on.device.createStream())();
  for (let i = 0; i < 50 && live() > before; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  assert.equal(live(), before);
});

const index = fileURLToPath(new URL('./index.js', import.meta.url));
const computing = `
  const { Arena, openBackend, Program } = await import(${JSON.stringify(index)});
  const backend = await openBackend({ prefer: 'host' });
  const device = await backend.openDevice(0);
  const stream = await device.createStream();
  const program = new Program(new Arena(await device.allocate(1 << 20)));
  const x = program.fill(program.arena.tensor('f32', [256, 256]), 1);
  for (let i = 0; i < 200; i++) program.inplaceAdds(x, 1);
`;

test('a worker thread has devices of its own and leaves nothing behind', async () => {
  const script = `
    const { parentPort } = require('node:worker_threads');
    (async () => {
      const { Arena, openBackend, Program } = await import(${JSON.stringify(index)});
      const device = await (await openBackend({ prefer: 'host' })).openDevice(1);
      const stream = await device.createStream();
      const program = new Program(new Arena(await device.allocate(1 << 16)));
      const y = program.download(program.adds(program.fill(program.arena.tensor('f32', [3]), 4), 1));
      await stream.run(program);
      parentPort.postMessage([...y.float32()]);
    })();
  `;
  const worker = new Worker(script, { eval: true });
  const message = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  assert.deepEqual(await message, [5, 5, 5]);
  assert.equal(await exit, 0);
  const stats = controls(backend).stats();
  assert.deepEqual(
    [stats.liveStreams, stats.liveAllocations],
    [1, 1],
    "only this test file's own stream and buffer",
  );
});

test('the process ends cleanly when a worker still computes', () => {
  // The worker inherits the module type of its parent's command line.
  const worker = `
    import { parentPort } from 'node:worker_threads';
    ${computing}
    parentPort.postMessage(1);
    for (;;) await stream.run(program);
  `;
  const script = `
    import { Worker } from 'node:worker_threads';
    ${computing}
    await stream.run(program);
    new Worker(${JSON.stringify(worker)}, { eval: true }).once('message', () => process.exit(5));
  `;
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.deepEqual([status, signal], [5, null], stderr);
});

for (const [how, statement, status] of [
  ['process.exit in mid-program', 'stream.run(program); process.exit(7);', 7],
  [
    'an uncaught error in mid-program',
    'stream.run(program); setTimeout(() => { throw new Error("boom"); });',
    1,
  ],
  ['falling off the end', 'await stream.run(program);', 0],
] as const) {
  test(`the process ends cleanly after ${how}, with devices open`, () => {
    const {
      status: got,
      stderr,
      signal,
    } = spawnSync(process.execPath, ['--input-type=module', '-e', computing + statement], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.deepEqual([got, signal], [status, null], stderr);
  });
}

test('OSUM_DEVICE_TRACE writes each call with a number, its thread and its answer', () => {
  const { stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `${computing}await stream.run(program);`],
    {
      encoding: 'utf8',
      env: { ...process.env, OSUM_DEVICE_TRACE: '1' },
    },
  );
  const numbers = [...stderr.matchAll(/^acl (\d+) \[[\w-]+\] \w+ -> \d+$/gm)].map(([, number]) =>
    Number(number),
  );
  assert.ok(numbers.length > 200);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  assert.match(stderr, /\[acl-device-0\] aclrtMalloc -> 0/);
  assert.match(stderr, /\[acl-stream\] aclnnInplaceAdds -> 0/);
});

test('after everything was disposed of nothing is left', async () => {
  await on.close();
  assertNothingLeft(backend);
  on = await TestDevice.open(backend);
});
