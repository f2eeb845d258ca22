import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { attention } from '../testing/reference.js';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';
import type { AttentionOptions } from './program.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const [heads, kvHeads, size] = [4, 2, 64];
const scale = 1 / Math.sqrt(size);

/** Rows of one head of x [tokens, count, size]. */
function headRows(x: Float64Array, count: number, head: number, start: number, end: number): number[][] {
  return Array.from({ length: end - start }, (_, t) => {
    const from = ((start + t) * count + head) * size;
    return Array.from(x.slice(from, from + size));
  });
}

/** Ragged attention of sequences with cumulative ends, as [tokens, heads, size]. */
function ragged(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  ends: number[],
  keyEnds: number[],
  causal: boolean,
) {
  const out = new Float64Array(q.length);
  ends.forEach((end, s) => {
    const [start, keyStart, keyEnd] = [ends[s - 1] ?? 0, keyEnds[s - 1] ?? 0, keyEnds[s] as number];
    const ahead = keyEnd - keyStart - (end - start);
    for (let head = 0; head < heads; head++) {
      const kv = Math.floor(head / (heads / kvHeads));
      const rows = attention(
        headRows(q, heads, head, start, end),
        headRows(k, kvHeads, kv, keyStart, keyEnd),
        headRows(v, kvHeads, kv, keyStart, keyEnd),
        scale,
        (i, j) => !causal || j <= i + ahead,
      );
      for (const [t, row] of rows.entries()) out.set(row, ((start + t) * heads + head) * size);
    }
  });
  return out;
}

const ends = [3, 10, 11];
const tokens = 11;
const q = noise(tokens * heads * size, 60);
const k = noise(tokens * kvHeads * size, 61);
const v = noise(tokens * kvHeads * size, 62);

for (const dtype of ['bf16', 'f16'] as const) {
  test(`ragged self-attention in ${dtype}, full and causal`, async () => {
    const mask = await on.device.causalMask();
    for (const causal of [false, true]) {
      const got = await on.compute((p) => {
        return p.attention({
          query: given(p, dtype, [tokens, heads, size], q),
          key: given(p, dtype, [tokens, kvHeads, size], k),
          value: given(p, dtype, [tokens, kvHeads, size], v),
          layout: 'TND',
          heads,
          kvHeads,
          scale,
          queryLengths: ends,
          keyLengths: ends,
          causal,
          ...(causal ? { mask } : {}),
        });
      });
      assertClose(got, ragged(q, k, v, ends, ends, causal), 2e-2);
    }
  });
}

test('paged attention of chunks that continue cached sequences', async () => {
  const [blocks, blockSize] = [5, 128];
  const [contexts, chunks] = [
    [130, 7],
    [2, 1],
  ];
  const keyEnds = [130, 137];
  const keys = noise(137 * kvHeads * size, 63);
  const values = noise(137 * kvHeads * size, 64);
  const pages = [
    [3, 1],
    [4, 0],
  ];
  const cache = (rows: Float64Array) => {
    const filled = new Float64Array(blocks * blockSize * kvHeads * size);
    keyEnds.forEach((end, s) => {
      for (let t = 0; t < (contexts[s] as number); t++) {
        const slot = (pages[s]?.[Math.floor(t / blockSize)] as number) * blockSize + (t % blockSize);
        const from = (end - (contexts[s] as number) + t) * kvHeads * size;
        filled.set(rows.slice(from, from + kvHeads * size), slot * kvHeads * size);
      }
    });
    return filled;
  };
  const query = noise(3 * heads * size, 65);
  const mask = await on.device.causalMask();
  const got = await on.compute((p) => {
    return p.attention({
      query: given(p, 'bf16', [3, heads, size], query),
      key: given(p, 'bf16', [blocks, blockSize, kvHeads * size], cache(keys)),
      value: given(p, 'bf16', [blocks, blockSize, kvHeads * size], cache(values)),
      layout: 'TND',
      heads,
      kvHeads,
      scale,
      queryLengths: [chunks[0] as number, 3],
      keyLengths: contexts,
      blockTable: given(p, 'i32', [2, 2], pages.flat()),
      causal: true,
      mask,
    });
  });
  assertClose(got, ragged(query, keys, values, [2, 3], keyEnds, true), 2e-2);
});

test('padded attention in layout BSND hides keys beyond a length', async () => {
  const got = await on.compute((p) => {
    return p.attention({
      query: given(p, 'bf16', [1, tokens, heads, size], q),
      key: given(p, 'bf16', [1, tokens, kvHeads, size], k),
      value: given(p, 'bf16', [1, tokens, kvHeads, size], v),
      layout: 'BSND',
      heads,
      kvHeads,
      scale,
      keyLengths: [6],
    });
  });
  assertClose(got, ragged(q, k, v, [tokens], [6], false), 2e-2);
});

test('mistakes are named when the program is built', async () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  const base: AttentionOptions = {
    query: t('bf16', [4, heads, size]),
    key: t('bf16', [4, kvHeads, size]),
    value: t('bf16', [4, kvHeads, size]),
    layout: 'TND',
    heads,
    kvHeads,
    scale,
    queryLengths: [4],
    keyLengths: [4],
  };
  assert.throws(
    () => program.attention({ ...base, causal: true }),
    /causal attention takes mask: await device.causalMask/,
  );
  assert.throws(
    () => program.attention({ ...base, kvHeads: 3 }),
    /heads \(4\) must be a multiple of kvHeads \(3\)/,
  );
  assert.throws(
    () => program.attention({ ...base, query: t('f32', [4, heads, size]) }),
    /one of bf16 and f16/,
  );
  const { keyLengths: _, ...noLengths } = base;
  assert.throws(() => program.attention(noLengths), /needs queryLengths \(cumulative\) and keyLengths/);
});
