import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const table = noise(40, 30); // [10, 4]
const rows = (indices: number[]) => indices.flatMap((row) => [...table.slice(row * 4, row * 4 + 4)]);

for (const index of ['i32', 'i64'] as const) {
  test(`embedding, indexSelect and gatherV2 read rows by ${index}`, async () => {
    const wanted = [7, 0, 7, 9, 3, 1];
    for (const read of ['embedding', 'indexSelect', 'gatherV2'] as const) {
      const got = await on.compute((p) => {
        const weight = given(p, 'f32', [10, 4], table);
        const indices = given(p, index, [6], wanted);
        return read === 'embedding' ? p.embedding(weight, indices) : p[read](weight, 0, indices);
      });
      assertClose(got, rows(wanted), 1e-7);
    }
  });
}

test('an embedding of a matrix of indices appends the width', () => {
  const program = on.program();
  const out = program.embedding(program.arena.tensor('bf16', [10, 4]), program.arena.tensor('i64', [2, 3]));
  assert.deepEqual(out.shape, [2, 3, 4]);
});

test('indexSelect along the second dimension', async () => {
  const got = await on.compute((p) =>
    p.indexSelect(given(p, 'f32', [10, 4], table), 1, given(p, 'i64', [2], [3, 0])),
  );
  assertClose(
    got,
    Array.from({ length: 20 }, (_, i) => table[Math.floor(i / 2) * 4 + (i % 2 === 0 ? 3 : 0)] as number),
    1e-7,
  );
});

test('gather picks one element of each row', async () => {
  const columns = [3, 0, 1, 2, 2, 1, 0, 3, 1, 1];
  const got = await on.compute((p) =>
    p.gather(given(p, 'f32', [10, 4], table), 1, given(p, 'i64', [10, 1], columns)),
  );
  assertClose(
    got,
    columns.map((column, row) => table[row * 4 + column] as number),
    1e-7,
  );
});

test('indexCopy replaces rows', async () => {
  const got = await on.compute((p) => {
    const target = p.zero(p.arena.tensor('f32', [10, 4]));
    return p.indexCopy(target, 0, given(p, 'i64', [2], [8, 2]), given(p, 'f32', [2, 4], table.slice(0, 8)));
  });
  const expected = new Float64Array(40);
  expected.set(table.slice(0, 4), 32);
  expected.set(table.slice(4, 8), 8);
  assertClose(got, expected, 1e-7);
});

test('writeKvCache puts each token into its slot', async () => {
  const [tokens, heads, size, blocks, blockSize] = [3, 2, 16, 4, 16];
  const key = noise(tokens * heads * size, 31);
  const value = noise(tokens * heads * size, 32);
  const slots = [blockSize * 2 + 5, 3, blockSize * 3];
  const program = on.program();
  const caches = ['key', 'value'].map(() =>
    program.zero(program.arena.tensor('bf16', [blocks, blockSize, heads, size])),
  );
  const [keyCache, valueCache] = caches as [(typeof caches)[0], (typeof caches)[0]];
  program.writeKvCache(
    given(program, 'bf16', [tokens, heads, size], key),
    keyCache,
    given(program, 'bf16', [tokens, heads, size], value),
    valueCache,
    given(program, 'i32', [tokens], slots),
  );
  const downloads = [program.download(keyCache), program.download(valueCache)];
  await on.stream.run(program);
  for (const [download, source] of [
    [downloads[0], key],
    [downloads[1], value],
  ] as const) {
    const expected = new Float64Array(blocks * blockSize * heads * size);
    slots.forEach((slot, token) => {
      expected.set(source.slice(token * heads * size, (token + 1) * heads * size), slot * heads * size);
    });
    assertClose(download?.values() ?? [], expected, 5e-3);
  }
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  assert.throws(() => program.embedding(t('f32', [4, 4]), t('f32', [2])), /i32 or i64 index, got f32\[2\]/);
  assert.throws(
    () => program.indexSelect(t('f32', [4, 4]), 0, t('i64', [2, 2])),
    /index of rank 1, got i64\[2, 2\]/,
  );
  assert.throws(
    () =>
      program.writeKvCache(
        t('bf16', [3, 2, 16]),
        t('bf16', [4, 16, 2, 8]),
        t('bf16', [3, 2, 16]),
        t('bf16', [4, 16, 2, 16]),
        t('i32', [3]),
      ),
    /for a cache \[blocks, blockSize, heads, headSize\]/,
  );
});
