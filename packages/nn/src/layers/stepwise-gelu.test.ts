import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostDevice, runProgram, uploaded, withEachKernelSet } from '../golden/host-device.js';
import { stepwiseGelu } from './stepwise-gelu.js';

test('rounding after each operation gives the values of the reference, and not those of the fused GELU', async () => {
  const device = await hostDevice();
  await withEachKernelSet(async (kernels) => {
    const { stepwise, fused } = await runProgram(device, 1 << 16, (program, keep) => {
      const input = () => uploaded(program, 'bf16', [3], [1, -3, -2]);
      keep('stepwise', stepwiseGelu(program, input()));
      keep('fused', program.gelu(input()));
    });
    assert.deepEqual([...stepwise!], [0.84375, -0.005859375, -0.046875], kernels);
    assert.deepEqual(
      [...fused!].map((value) => Number(value.toPrecision(6))),
      [0.839844, -0.00405884, -0.0454102],
      kernels,
    );
  });
});
