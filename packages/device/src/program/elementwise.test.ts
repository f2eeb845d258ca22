import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Tensor } from '../tensor.js';
import { erf } from '../testing/reference.js';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';
import type { Program } from './program.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const a = noise(24, 1);
const b = noise(24, 2).map((x) => x + 2.5);

type Binary = (program: Program, x: Tensor, y: Tensor) => Tensor;
const binaries: [string, Binary, (x: number, y: number) => number][] = [
  ['add', (p, x, y) => p.add(x, y), (x, y) => x + y],
  ['add with alpha', (p, x, y) => p.add(x, y, undefined, 0.5), (x, y) => x + 0.5 * y],
  ['sub', (p, x, y) => p.sub(x, y), (x, y) => x - y],
  ['mul', (p, x, y) => p.mul(x, y), (x, y) => x * y],
  ['div', (p, x, y) => p.div(x, y), (x, y) => x / y],
  ['maximum', (p, x, y) => p.maximum(x, y), (x, y) => Math.max(x, y)],
];

for (const [name, operator, reference] of binaries) {
  for (const [dtype, tolerance] of [
    ['f32', 1e-6],
    ['f16', 2e-3],
    ['bf16', 1e-2],
  ] as const) {
    test(`${name} of two ${dtype} tensors`, async () => {
      const got = await on.compute((p) =>
        operator(p, given(p, dtype, [4, 6], a), given(p, dtype, [4, 6], b)),
      );
      assertClose(
        got,
        a.map((x, i) => reference(x, b[i] as number)),
        tolerance,
      );
    });
  }

  test(`${name} broadcasts a row over a matrix and a transposed view`, async () => {
    const got = await on.compute((p) => {
      return operator(p, given(p, 'f32', [6, 4], a).transpose(), given(p, 'f32', [6], b.slice(0, 6)));
    });
    const expected = Float64Array.from({ length: 24 }, (_, i) => {
      return reference(a[(i % 6) * 4 + Math.floor(i / 6)] as number, b[i % 6] as number);
    });
    assertClose(got, expected, 1e-6);
  });
}

type Unary = (program: Program, x: Tensor) => Tensor;
const unaries: [string, Unary, (x: number) => number][] = [
  ['adds', (p, x) => p.adds(x, 0.25), (x) => x + 0.25],
  ['muls', (p, x) => p.muls(x, -3), (x) => -3 * x],
  ['divs', (p, x) => p.divs(x, 4), (x) => x / 4],
  ['clampMin', (p, x) => p.clampMin(x, 2), (x) => Math.max(x, 2)],
  ['ltScalar', (p, x) => p.ltScalar(x, 2), (x) => Number(x < 2)],
  ['gtScalar', (p, x) => p.gtScalar(x, 2), (x) => Number(x > 2)],
  ['neg', (p, x) => p.neg(x), (x) => -x],
  ['sin', (p, x) => p.sin(x), Math.sin],
  ['cos', (p, x) => p.cos(x), Math.cos],
  ['exp', (p, x) => p.exp(x), Math.exp],
  ['log', (p, x) => p.log(x), Math.log],
  ['log10', (p, x) => p.log10(x), Math.log10],
  ['sqrt', (p, x) => p.sqrt(x), Math.sqrt],
  ['erf', (p, x) => p.erf(x), erf],
  ['inplaceAdds', (p, x) => p.inplaceAdds(x, 0.25), (x) => x + 0.25],
  ['inplaceMuls', (p, x) => p.inplaceMuls(x, -3), (x) => -3 * x],
];

for (const [name, operator, reference] of unaries) {
  test(`${name} of an f32 tensor`, async () => {
    const got = await on.compute((p) => operator(p, given(p, 'f32', [24], b)));
    assertClose(got, b.map(reference), 2e-6);
  });
}

test('integer tensors stay integers under scalars', async () => {
  const got = await on.compute((p) => p.muls(p.adds(given(p, 'i64', [3], [1, 2, 2 ** 40]), 5), 2));
  assert.deepEqual([...got], [12, 14, 2 ** 41 + 10]);
});

test('inplaceAdd and inplaceMul broadcast into the target', async () => {
  const got = await on.compute((p) => {
    const target = given(p, 'f32', [4, 6], a);
    const row = given(p, 'f32', [6], b.slice(0, 6));
    return p.inplaceMul(p.inplaceAdd(target, row, 2), row);
  });
  assertClose(
    got,
    a.map((x, i) => (x + 2 * (b[i % 6] as number)) * (b[i % 6] as number)),
    1e-6,
  );
});

test('where selects by a bool condition', async () => {
  const got = await on.compute((p) => {
    const x = given(p, 'f32', [24], a);
    return p.where(p.gtScalar(x, 0), x, given(p, 'f32', [1], [-7]));
  });
  assertClose(
    got,
    a.map((x) => (x > 0 ? x : -7)),
    1e-7,
  );
});

test('an output that is given is written in place of a new one', async () => {
  const program = on.program();
  const out = program.arena.tensor('f32', [24]);
  const returned = program.exp(given(program, 'f32', [24], a), out);
  assert.equal(returned, out);
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const x = program.arena.tensor('f32', [4, 6]);
  assert.throws(
    () => program.add(x, program.arena.tensor('f32', [5])),
    /\[4, 6\] and \[5\] do not broadcast/,
  );
  assert.throws(
    () => program.exp(program.arena.tensor('i32', [2])),
    /Exp takes a float tensor, got i32\[2\]/,
  );
  assert.throws(
    () => program.add(x, x, program.arena.tensor('f32', [4])),
    /Add writes f32\[4, 6\], but was given f32\[4\]/,
  );
  assert.throws(() => program.inplaceAdd(program.arena.tensor('f32', [6]), x), /keeps the target's shape/);
  assert.throws(() => program.where(x, x, x), /where takes a bool condition/);
});
