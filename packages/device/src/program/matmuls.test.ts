import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { matmul, transposed } from '../testing/reference.js';
import { assertClose, given, noise, openTestBackend, TestDevice } from '../testing/test-device.js';

let on: TestDevice;
before(async () => {
  on = await TestDevice.open(await openTestBackend());
});
after(() => on.close());

const [m, k, n] = [7, 40, 19];
const x = noise(m * k, 8);
const w = noise(n * k, 9); // [n, k]
const bias = noise(n, 10);
const product = matmul(x, transposed(w, n, k), m, k, n);
const withBias = product.map((v, i) => v + (bias[i % n] as number));

for (const [dtype, tolerance] of [
  ['f32', 1e-5],
  ['f16', 2e-2],
  ['bf16', 8e-2],
] as const) {
  test(`mm with a row-major weight seen transposed, in ${dtype}`, async () => {
    const got = await on.compute((p) =>
      p.mm(given(p, dtype, [m, k], x), given(p, dtype, [n, k], w).transpose()),
    );
    assertClose(got, product, tolerance);
  });

  test(`linear with bias in ${dtype}`, async () => {
    const got = await on.compute((p) => {
      const layer = { weight: given(p, dtype, [n, k], w), bias: given(p, dtype, [n], bias), scale: null };
      return p.linear(given(p, dtype, [m, k], x), layer);
    });
    assertClose(got, withBias, tolerance);
  });
}

test('inplaceAddmm adds a product', async () => {
  const got = await on.compute((p) => {
    const target = p.copy(p.arena.tensor('f32', [m, n]), given(p, 'f32', [n], bias));
    return p.inplaceAddmm(target, given(p, 'f32', [m, k], x), given(p, 'f32', [n, k], w).transpose());
  });
  assertClose(got, withBias, 1e-5);
});

test('overlapping rows: a convolution as a product of a strided view', async () => {
  const [frames, channels, kernel, outputs] = [12, 4, 3, 5];
  const signal = noise(frames * channels, 11);
  const filter = noise(outputs * kernel * channels, 12);
  const rows = frames - kernel + 1;
  const got = await on.compute((p) => {
    const windows = given(p, 'f32', [frames, channels], signal).asStrided(
      [rows, kernel * channels],
      [channels, 1],
    );
    return p.mm(windows, given(p, 'f32', [outputs, kernel * channels], filter).transpose());
  });
  const unrolled = Float64Array.from({ length: rows * kernel * channels }, (_, i) => {
    return signal[Math.floor(i / (kernel * channels)) * channels + (i % (kernel * channels))] as number;
  });
  const expected = matmul(
    unrolled,
    transposed(filter, outputs, kernel * channels),
    rows,
    kernel * channels,
    outputs,
  );
  assertClose(got, expected, 1e-5);
});

test('bmm and matmul multiply batches, a batch of one broadcasting', async () => {
  const batches = noise(3 * m * k, 13);
  const expected = Array.from({ length: 3 }, (_, i) => {
    return [...matmul(batches.slice(i * m * k, (i + 1) * m * k), transposed(w, n, k), m, k, n)];
  }).flat();
  const one = await on.compute((p) => {
    return p.bmm(given(p, 'f32', [3, m, k], batches), given(p, 'f32', [1, n, k], w).transpose());
  });
  assertClose(one, expected, 1e-5);
  const two = await on.compute((p) => {
    return p.matmul(given(p, 'f32', [3, m, k], batches), given(p, 'f32', [n, k], w).transpose());
  });
  assertClose(two, expected, 1e-5);
});

test('weightQuantMm multiplies by int8 weights with a scale for each output', async () => {
  const integers = noise(n * k, 14).map((v) => Math.round(v * 127));
  const scale = noise(n, 15).map((v) => 2 ** Math.floor(v * 3 - 6));
  const got = await on.compute((p) => {
    const layer = {
      weight: given(p, 'i8', [n, k], integers),
      bias: given(p, 'f32', [n], bias),
      scale: given(p, 'bf16', [n], scale),
    };
    return p.linear(given(p, 'bf16', [m, k], x), layer);
  });
  const weight = integers.map((v, i) => v * (scale[Math.floor(i / k)] as number));
  const expected = matmul(x, transposed(weight, n, k), m, k, n).map((v, i) => v + (bias[i % n] as number));
  assertClose(got, expected, 6e-2);
});

test('convolution1d with stride and asymmetric padding', async () => {
  const [inputs, length, outputs, kernel, stride] = [3, 10, 4, 3, 2];
  const signal = noise(inputs * length, 16);
  const filter = noise(outputs * inputs * kernel, 17);
  const got = await on.compute((p) => {
    const input = given(p, 'f32', [1, inputs, length], signal);
    const options = { stride, padding: [2, 0] as const };
    return p.convolution1d(input, given(p, 'f32', [outputs, inputs, kernel], filter), null, options);
  });
  const steps = Math.floor((length + 2 - kernel) / stride) + 1;
  const expected = Array.from({ length: outputs * steps }, (_, i) => {
    const [channel, step] = [Math.floor(i / steps), i % steps];
    let sum = 0;
    for (let c = 0; c < inputs; c++) {
      for (let t = 0; t < kernel; t++) {
        const at = step * stride + t - 2;
        if (at >= 0)
          sum +=
            (signal[c * length + at] as number) * (filter[(channel * inputs + c) * kernel + t] as number);
      }
    }
    return sum;
  });
  assertClose(got, expected, 1e-5);
});

test('mistakes are named when the program is built', () => {
  const program = on.program();
  const t = program.arena.tensor.bind(program.arena);
  assert.throws(
    () => program.mm(t('f32', [2, 3]), t('f32', [2, 3])),
    /Mm takes \[..., m, k\] and \[..., k, n\]/,
  );
  assert.throws(() => program.mm(t('f32', [2, 3]), t('bf16', [3, 2])), /two float tensors of one dtype/);
  assert.throws(
    () => program.addmm(t('f32', [3]), t('f32', [2, 3]), t('f32', [3, 4])),
    /\[3\] and \[2, 4\] do not broadcast/,
  );
  const layer = { weight: t('i8', [4, 64]), bias: t('bf16', [4]), scale: t('bf16', [4]) };
  assert.throws(
    () => program.linear(t('bf16', [2, 64]), layer),
    /takes a f32 bias, got bf16\[4\]; cast it once/,
  );
  assert.throws(
    () => program.linear(t('bf16', [2, 64]), { ...layer, scale: null }),
    /i8 linear layer needs a scale/,
  );
});
