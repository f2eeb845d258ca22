import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Device } from '@osum/device';
import { hostDevice, runProgram, uploaded, withEachKernelSet } from './golden/host-device.js';
import { LogMel } from './log-mel.js';
import { logMelArenaBytes } from './memory/activations.js';

let device: Device;
let logMel: LogMel;

before(async () => {
  device = await hostDevice();
  logMel = await LogMel.create(device);
});

after(() => logMel[Symbol.asyncDispose]());

const near = (what: string, actual: number, expected: number, tolerance: number): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual} is not ${expected} within ${tolerance}`,
  );

/** The signal of Appendix A: a tone and a rising chirp. */
const chirp = Float32Array.from({ length: 16_000 }, (_, n) => {
  const u = n / 16_000;
  return 0.5 * Math.sin(2 * Math.PI * 440 * u) + 0.25 * Math.sin(2 * Math.PI * (1000 * u + 1500 * u * u));
});

async function features(
  signals: readonly Float32Array[],
  dtype: 'f32' | 'bf16' = 'f32',
): Promise<Float32Array> {
  const { out } = await runProgram(device, 1 << 24, (program, keep) => {
    const pcm = signals.map((signal) => uploaded(program, 'f32', [signal.length], signal));
    keep('out', logMel.forward(program, pcm, dtype).features);
  });
  return out!;
}

test('the chirp of the reference, Appendix A, has its log-mel values with every kernel set', async () => {
  await withEachKernelSet(async (kernels) => {
    const mel = await features([chirp]);
    assert.equal(mel.length, 100 * 80);
    const expected = [
      [0, 0, 1.025491],
      [0, 10, 1.34596],
      [1, 10, 1.350578],
      [50, 10, 1.348738],
      [50, 25, -0.561788],
      [99, 10, 1.350435],
      [50, 40, -0.561788],
      [99, 79, -0.561788],
    ] as const;
    for (const [t, m, value] of expected) near(`${kernels} [${t}][${m}]`, mel[t * 80 + m]!, value, 1e-4);
    near('mean', mel.reduce((sum, x) => sum + x, 0) / mel.length, -0.3453759, 1e-4);
    near('min', Math.min(...mel), -0.5617877, 1e-4);
    near('max', Math.max(...mel), 1.4382124, 1e-4);
  });
});

test('silence is -1.5 everywhere', async () => {
  assert.ok((await features([new Float32Array(1000)])).every((x) => x === -1.5));
});

test('an utterance in a batch has the very values it has alone, in both dtypes', async () => {
  const loud = chirp.subarray(0, 5003);
  const quiet = chirp.subarray(3000, 3000 + 2411).map((x) => x / 1000);
  for (const dtype of ['f32', 'bf16'] as const) {
    const together = await features([loud, quiet, chirp], dtype);
    const apart = await Promise.all([loud, quiet, chirp].map((signal) => features([signal], dtype)));
    assert.deepEqual(together, Float32Array.from(apart.flatMap((part) => [...part])));
  }
});

test('201 samples are enough, 200 are refused', async () => {
  assert.equal((await features([chirp.subarray(0, 201)])).length, 80);
  await assert.rejects(features([chirp.subarray(0, 200)]), /at least 201 samples/);
});

test('the planned arena bytes are those that a batch uses', async () => {
  await runProgram(device, 1 << 24, (program) => {
    const samples = [5003, 16_000];
    const pcm = samples.map((count) => uploaded(program, 'f32', [count], new Float32Array(count)));
    const start = program.arena.mark();
    logMel.forward(program, pcm, 'bf16');
    assert.equal(program.arena.peakBytes - start, logMelArenaBytes(samples, 80, 'bf16'));
  });
});
