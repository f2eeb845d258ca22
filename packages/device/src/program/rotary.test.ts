import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const [tokens, heads, kvHeads, size, positions] = [3, 4, 2, 64, 20];
const angle = (position: number, i: number) => position * 10000 ** (-(i % (size / 2)) / (size / 2));
const at = [5, 19, 0];
const query = noise(tokens * heads * size, 50);
const key = noise(tokens * kvHeads * size, 51);

/** x [tokens, count, size] rotated by the angle of each token's position. */
function rotated(x: Float64Array, count: number): Float64Array {
  return x.map((value, index) => {
    const [token, i] = [Math.floor(index / (count * size)), index % size];
    const partner = i < size / 2 ? -(x[index + size / 2] as number) : (x[index - size / 2] as number);
    const theta = angle(at[token] as number, i);
    return value * Math.cos(theta) + partner * Math.sin(theta);
  });
}

test('rope rotates query and key through a table', async () => {
  const half = size / 2;
  const table = Float64Array.from({ length: positions * size }, (_, index) => {
    const [position, i] = [Math.floor(index / size), index % size];
    return i < half ? Math.cos(angle(position, i)) : Math.sin(angle(position, i - half));
  });
  const program = on.program();
  const result = program.rope(
    given(program, 'i64', [tokens], at),
    given(program, 'f32', [tokens, heads * size], query),
    given(program, 'f32', [tokens, kvHeads * size], key),
    given(program, 'f32', [positions, size], table),
    size,
  );
  const downloads = [program.download(result.query), program.download(result.key)] as const;
  await on.stream.run(program);
  assertClose(downloads[0].values(), rotated(query, heads), 1e-5);
  assertClose(downloads[1].values(), rotated(key, kvHeads), 1e-5);
});

test('applyRotary rotates in place and rotary into a new tensor', async () => {
  const table = (f: (x: number) => number) =>
    Float64Array.from({ length: tokens * size }, (_, i) =>
      f(angle(at[Math.floor(i / size)] as number, i % size)),
    );
  const program = on.program();
  const q = given(program, 'f32', [1, tokens, heads, size], query);
  const k = given(program, 'f32', [1, tokens, kvHeads, size], key);
  const cos = given(program, 'f32', [1, tokens, 1, size], table(Math.cos));
  const sin = given(program, 'f32', [1, tokens, 1, size], table(Math.sin));
  const apart = program.download(program.rotary(k, cos, sin));
  program.applyRotary(q, k, cos, sin);
  const downloads = [program.download(q), program.download(k)] as const;
  await on.stream.run(program);
  assertClose(downloads[0].values(), rotated(query, heads), 1e-5);
  assertClose(downloads[1].values(), rotated(key, kvHeads), 1e-5);
  assertClose(apart.values(), rotated(key, kvHeads), 1e-5);
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  const [q, table] = [t('bf16', [2, 128]), t('bf16', [9, 64])];
  assert.throws(() => program.rope(t('i32', [2]), q, q, table, 64), /i64 positions \[tokens\], got i32\[2\]/);
  assert.throws(
    () => program.rope(t('i64', [3]), q, q, table, 64),
    /takes bf16 \[3, heads \* 64\] beside the table/,
  );
});
