import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byRow, softmax } from '../testing/reference.js';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const x = noise(4 * 33, 40).map((v) => 5 * v);

for (const [dtype, tolerance] of [
  ['f32', 1e-6],
  ['bf16', 1e-2],
] as const) {
  test(`softmax and logSoftmax in ${dtype}`, async () => {
    const probabilities = byRow(x, 33, softmax);
    assertClose(
      await on.compute((p) => p.softmax(given(p, dtype, [4, 33], x))),
      probabilities,
      5 * tolerance,
    );
    const logs = await on.compute((p) => p.logSoftmax(given(p, dtype, [4, 33], x)));
    assertClose(logs, probabilities.map(Math.log), 5 * tolerance);
  });
}

test('argmax takes the first of equals, as i32 or i64', async () => {
  const values = [1, 5, 5, 0, -1, -1, -3, -1];
  assert.deepEqual([...(await on.compute((p) => p.argmax(given(p, 'f32', [2, 4], values))))], [1, 0]);
  assert.deepEqual(
    [...(await on.compute((p) => p.argmax(given(p, 'f32', [2, 4], values), 0, 'i32')))],
    [0, 0, 0, 0],
  );
});

test('topk gives the largest in order with their positions', async () => {
  const program = on.program();
  const { values, indices } = program.topk(given(program, 'f32', [4, 33], x), 5);
  const [top, positions] = [program.download(values), program.download(indices)];
  await on.stream.run(program);
  const order = byRow(x, 33, (row) => {
    return row
      .map((_, i) => i)
      .sort((a, b) => (row[b] as number) - (row[a] as number))
      .slice(0, 5);
  });
  assert.deepEqual([...positions.values()], [...order]);
  assertClose(
    top.values(),
    order.map((at, i) => x[Math.floor(i / 5) * 33 + at] as number),
    1e-6,
  );
});

test('amax and reduceSum over dimensions', async () => {
  const rows = Array.from({ length: 4 }, (_, i) => Array.from(x.slice(i * 33, (i + 1) * 33)));
  const largest = await on.compute((p) => p.amax(given(p, 'f32', [4, 33], x), [1]));
  assertClose(
    largest,
    rows.map((row) => Math.max(...row)),
    1e-6,
  );
  assertClose(
    await on.compute((p) => p.amax(given(p, 'f32', [4, 33], x), [0, 1], true)),
    [Math.max(...x)],
    1e-6,
  );
  const sums = await on.compute((p) => p.reduceSum(given(p, 'f32', [4, 33], x), [-1], true));
  assertClose(
    sums,
    rows.map((row) => row.reduce((a, b) => a + b, 0)),
    1e-5,
  );
});

test('cumsum adds up along a dimension', async () => {
  assert.deepEqual(
    [...(await on.compute((p) => p.cumsum(given(p, 'i64', [2, 3], [1, 2, 3, 4, 5, 6]), 1)))],
    [1, 3, 6, 4, 9, 15],
  );
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  assert.throws(() => program.topk(t('f32', [2, 3]), 4), /topk takes 0 to 3 elements of f32\[2, 3\], got 4/);
  assert.throws(() => program.softmax(t('i32', [2])), /Softmax takes a float tensor/);
  assert.throws(() => program.argmax(t('f32', [2]), 1), /dimension 1 is outside a tensor of rank 1/);
});
