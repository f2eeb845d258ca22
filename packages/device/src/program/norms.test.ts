import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { byRow, layerNorm, rmsNorm } from '../testing/reference.js';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const width = 48;
const x = noise(5 * width, 4);
const gamma = noise(width, 5).map((v) => v + 1);
const beta = noise(width, 6);

for (const [dtype, tolerance] of [
  ['f32', 1e-5],
  ['bf16', 4e-2],
] as const) {
  test(`layerNorm in ${dtype}`, async () => {
    const got = await on.compute((p) => {
      const weight = given(p, dtype, [width], gamma);
      return p.layerNorm(given(p, dtype, [5, width], x), weight, given(p, dtype, [width], beta), 1e-5);
    });
    const expected = byRow(x, width, (row) => {
      return layerNorm(row, 1e-5).map((v, i) => v * (gamma[i] as number) + (beta[i] as number));
    });
    assertClose(got, expected, tolerance);
  });

  test(`rmsNorm in ${dtype}`, async () => {
    const got = await on.compute((p) => {
      return p.rmsNorm(given(p, dtype, [5, width], x), given(p, dtype, [width], gamma), 1e-5);
    });
    const expected = byRow(x, width, (row) => rmsNorm(row, 1e-5).map((v, i) => v * (gamma[i] as number)));
    assertClose(got, expected, tolerance);
  });

  test(`addRmsNorm in ${dtype} returns the sum and its norm`, async () => {
    const other = noise(5 * width, 7);
    const program = on.program();
    const { sum, normalized } = program.addRmsNorm(
      given(program, dtype, [5, width], x),
      given(program, dtype, [5, width], other),
      given(program, dtype, [width], gamma),
      1e-5,
    );
    const downloads = [program.download(sum), program.download(normalized)] as const;
    await on.stream.run(program);
    const added = x.map((v, i) => v + (other[i] as number));
    assertClose(downloads[0].values(), added, tolerance);
    const expected = byRow(added, width, (row) => rmsNorm(row, 1e-5).map((v, i) => v * (gamma[i] as number)));
    assertClose(downloads[1].values(), expected, tolerance);
  });
}

test('layerNorm without weight and bias', async () => {
  const got = await on.compute((p) => p.layerNorm(given(p, 'f32', [5, width], x), null, null, 1e-5));
  assertClose(
    got,
    byRow(x, width, (row) => layerNorm(row, 1e-5)),
    1e-5,
  );
});

test('parameters of another width are refused', () => {
  const program = on.program();
  const input = program.arena.tensor('bf16', [2, 8]);
  assert.throws(
    () => program.rmsNorm(input, program.arena.tensor('bf16', [9]), 1e-5),
    /RmsNorm of bf16\[2, 8\] takes parameters bf16\[8\] or f32\[8\], got bf16\[9\]/,
  );
  assert.throws(
    () => program.layerNorm(input, program.arena.tensor('f16', [8]), null, 1e-5),
    /LayerNorm of bf16\[2, 8\]/,
  );
});
