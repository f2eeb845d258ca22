import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const x = noise(24, 20);

test('copy writes a transposed source into a slice and casts', async () => {
  const got = await on.compute((p) => {
    const target = p.fill(p.arena.tensor('bf16', [8, 4]), 9);
    p.copy(target.rows(1, 7), given(p, 'f32', [4, 6], x).transpose());
    return target;
  });
  const expected = Array.from({ length: 32 }, (_, i) => {
    const [row, column] = [Math.floor(i / 4) - 1, i % 4];
    return row >= 0 && row < 6 ? (x[column * 6 + row] as number) : 9;
  });
  assertClose(got, expected, 5e-3);
});

test('copy broadcasts a row', async () => {
  const got = await on.compute((p) =>
    p.copy(p.arena.tensor('f32', [4, 6]), given(p, 'f32', [6], x.slice(0, 6))),
  );
  assertClose(
    got,
    Array.from({ length: 24 }, (_, i) => x[i % 6] as number),
    1e-7,
  );
});

test('cast between floats and integers', async () => {
  const halves = await on.compute((p) => p.cast(given(p, 'f32', [3], [1.5, -2.25, 1000]), 'f16'));
  assert.deepEqual([...halves], [1.5, -2.25, 1000]);
  const integers = await on.compute((p) => p.cast(given(p, 'f32', [3], [1.75, -2.75, 7]), 'i32'));
  assert.deepEqual([...integers], [1, -2, 7]);
  const program = on.program();
  const same = program.arena.tensor('f32', [2]);
  assert.equal(program.cast(same, 'f32'), same);
});

test('permuted makes the order of dimensions contiguous', async () => {
  const got = await on.compute((p) => p.permuted(given(p, 'f32', [2, 3, 4], x), [2, 0, 1]));
  const expected = Array.from({ length: 24 }, (_, i) => {
    const [c, a, b] = [Math.floor(i / 6), Math.floor(i / 3) % 2, i % 3];
    return x[(a * 3 + b) * 4 + c] as number;
  });
  assertClose(got, expected, 1e-7);
});

test('zero, fill and maskedFill', async () => {
  const got = await on.compute((p) => {
    const target = given(p, 'f32', [4, 6], x);
    p.zero(target.rows(0, 1));
    p.fill(target.rows(1, 2), 5);
    return p.maskedFill(target, given(p, 'bool', [6], [0, 0, 0, 0, 0, 1]), -8);
  });
  const rows = Array.from(x, (v, i) => (i < 6 ? 0 : i < 12 ? 5 : v));
  assertClose(
    got,
    rows.map((v, i) => (i % 6 === 5 ? -8 : v)),
    1e-7,
  );
});

test('arange counts in integers and floats', async () => {
  assert.deepEqual([...(await on.compute((p) => p.arange(3, 11, 2, 'i64')))], [3, 5, 7, 9]);
  assert.deepEqual([...(await on.compute((p) => p.arange(0, 1, 0.25, 'f32')))], [0, 0.25, 0.5, 0.75]);
});

test('cat joins along a dimension', async () => {
  const got = await on.compute((p) => {
    return p.cat([given(p, 'f32', [2, 3], x.slice(0, 6)), given(p, 'f32', [2, 2], x.slice(6, 10))], 1);
  });
  assertClose(got, [x[0], x[1], x[2], x[6], x[7], x[3], x[4], x[5], x[8], x[9]] as number[], 1e-7);
});

test('pad surrounds with a value', async () => {
  const got = await on.compute((p) => {
    return p.pad(
      given(p, 'f32', [2, 2], [1, 2, 3, 4]),
      [
        [1, 0],
        [0, 1],
      ],
      7,
    );
  });
  assert.deepEqual([...got], [7, 7, 7, 1, 2, 7, 3, 4, 7]);
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  assert.throws(() => program.copy(t('f32', [2]), t('f32', [3])), /do not broadcast|broadcasts to f32\[2\]/);
  assert.throws(() => program.cat([t('f32', [2, 3]), t('f32', [3, 3])], 1), /agree elsewhere/);
  assert.throws(() => program.cat([], 0), /at least one tensor/);
  assert.throws(
    () => program.pad(t('f32', [2, 2]), [[1, 1]]),
    /a pair for each dimension of f32\[2, 2\], got 1/,
  );
  assert.throws(() => program.upload(t('f32', [2, 3]).transpose()), /contiguous target/);
});
