import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestBackend, TestDevice } from './testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend({ HOSTACL_CHECKED: '0' }));
});
after(() => on.close());

const steps = 100;

/** About what a decoding step of a small model is: many operators on little data. */
function manySmallOperators() {
  const program = on.program();
  const one = program.fill(program.arena.tensor('f32', [16]), 1);
  let x = program.fill(program.arena.tensor('f32', [16]), 0);
  for (let i = 0; i < steps; i++) x = i % 2 === 0 ? program.add(x, one) : program.muls(x, 1);
  return { program, sum: program.download(x) };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;

// The bounds are ten times what an idle machine needs, so that a busy one does not fail them.
test('building and running a hundred small operators takes microseconds each', async () => {
  const totals: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    const { program, sum } = manySmallOperators();
    await on.stream.run(program);
    totals.push(performance.now() - start);
    assert.equal(sum.values()[0], steps / 2);
  }
  assert.ok(median(totals) < 5, `${median(totals)} ms`);
});

test('replaying them as a graph takes a fraction of that', async () => {
  const { program, sum } = manySmallOperators();
  await using graph = await on.stream.capture(program);
  const totals: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    await graph.replay();
    totals.push(performance.now() - start);
  }
  assert.equal(sum.values()[0], steps / 2);
  assert.ok(median(totals) < 1, `${median(totals)} ms`);
});
