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

const x = noise(300, 3).map((value) => 4 * value);
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

const activations: [string, (p: Program, x: Tensor) => Tensor, (v: number) => number][] = [
  ['gelu, erf form', (p, t) => p.gelu(t), (v) => 0.5 * v * (1 + erf(v / Math.SQRT2))],
  [
    'gelu, tanh form',
    (p, t) => p.gelu(t, 'tanh'),
    (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
  ],
  ['fastGelu', (p, t) => p.fastGelu(t), (v) => v * sigmoid(1.702 * v)],
  ['silu', (p, t) => p.silu(t), (v) => v * sigmoid(v)],
  ['relu', (p, t) => p.relu(t), (v) => Math.max(v, 0)],
  ['inplaceRelu', (p, t) => p.inplaceRelu(t), (v) => Math.max(v, 0)],
  ['sigmoid', (p, t) => p.sigmoid(t), sigmoid],
  ['tanh', (p, t) => p.tanh(t), Math.tanh],
];

for (const [name, operator, reference] of activations) {
  for (const [dtype, tolerance] of [
    ['f32', 1e-5],
    ['bf16', 3e-2],
  ] as const) {
    test(`${name} in ${dtype}`, async () => {
      const got = await on.compute((p) => operator(p, given(p, dtype, [15, 20], x)));
      assertClose(got, x.map(reference), tolerance);
    });
  }
}

test('swiglu gates the second half of a dimension by the first', async () => {
  const got = await on.compute((p) => p.swiglu(given(p, 'f32', [15, 20], x)));
  const expected = Array.from({ length: 150 }, (_, i) => {
    const at = Math.floor(i / 10) * 20 + (i % 10);
    const gate = x[at] as number;
    return gate * sigmoid(gate) * (x[at + 10] as number);
  });
  assertClose(got, expected, 1e-5);
});

test('swiglu names a strided or odd input', () => {
  const program = on.program();
  assert.throws(
    () => program.swiglu(program.arena.tensor('f32', [2, 3])),
    /even extent in dimension -1, got f32\[2, 3\]/,
  );
  assert.throws(() => program.swiglu(program.arena.tensor('f32', [2, 4]).transpose()), /contiguous tensor/);
});
