import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectUpTo, concatSamples } from './collect.js';

async function* seconds(count: number, onEnd = () => {}): AsyncGenerator<Float32Array> {
  try {
    for (let second = 0; second < count; second++) yield new Float32Array(16_000).fill(second);
  } finally {
    onEnd();
  }
}

test('a clip up to the limit comes back whole', async () => {
  const collected = await collectUpTo(seconds(3), 3);
  assert.ok(collected.kind === 'whole');
  assert.equal(collected.samples.length, 3 * 16_000);
  assert.equal(collected.samples.at(-1), 2);
});

test('a longer recording comes back as a stream that begins with what was read', async () => {
  const collected = await collectUpTo(seconds(10), 3);
  assert.ok(collected.kind === 'longer');
  const chunks: Float32Array[] = [];
  for await (const chunk of collected.samples) chunks.push(chunk);
  const expected: Float32Array[] = [];
  for await (const chunk of seconds(10)) expected.push(chunk);
  assert.deepEqual(concatSamples(chunks), concatSamples(expected));
});

test('who stops reading the longer stream stops its source', async () => {
  let ended = false;
  const collected = await collectUpTo(
    seconds(10, () => {
      ended = true;
    }),
    3,
  );
  assert.ok(collected.kind === 'longer');
  for await (const _ of collected.samples) break;
  assert.ok(ended);
});
