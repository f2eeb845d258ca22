import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createResampler, resample } from './resampler.js';

const tone = (sampleRateHz: number, length: number) =>
  Float32Array.from({ length }, (_, k) => 0.5 * Math.sin((2 * Math.PI * 440 * k) / sampleRateHz));

/** The model reference, Appendix A: 0.1 s of 440 Hz to 16 kHz. */
const VECTORS = [
  {
    rate: 8_000,
    first: 0.0004534,
    second: 0.0708721,
    tenth: 0.4938072,
    hundredth: -0.499963,
    last: -0.0708721,
  },
  {
    rate: 22_050,
    first: 0.0049547,
    second: 0.0850645,
    tenth: 0.4939596,
    hundredth: -0.5001141,
    last: -0.0850649,
  },
  {
    rate: 24_000,
    first: 0.0056384,
    second: 0.0849999,
    tenth: 0.4939427,
    hundredth: -0.5000997,
    last: -0.0849999,
  },
  {
    rate: 44_100,
    first: 0.0081237,
    second: 0.0848557,
    tenth: 0.4939542,
    hundredth: -0.5001115,
    last: -0.0848561,
  },
  {
    rate: 48_000,
    first: 0.0082758,
    second: 0.0848523,
    tenth: 0.4939542,
    hundredth: -0.5001115,
    last: -0.0848523,
  },
] as const;

for (const { rate, first, second, tenth, hundredth, last } of VECTORS) {
  test(`${rate} Hz to 16 kHz gives the reference's samples`, () => {
    const output = resample(tone(rate, rate / 10), rate);
    assert.equal(output.length, 1600);
    const got = [output[0]!, output[1]!, output[10]!, output[100]!, output[1599]!];
    for (const [i, expected] of [first, second, tenth, hundredth, last].entries()) {
      assert.ok(Math.abs(got[i]! - expected) < 2e-7, `sample ${i}: ${got[i]} instead of ${expected}`);
    }
  });
}

for (const rate of [8_000, 11_025, 22_050, 44_100, 48_000, 15_999, 96_000, 7_777]) {
  test(`${rate} Hz: a stream in chunks equals the whole signal, sample by sample`, () => {
    const input = tone(rate, 4_001);
    const whole = resample(input, rate);
    assert.equal(whole.length, Math.ceil((16_000 * input.length) / rate));
    for (const chunkLength of [1, 7, 441, 4_001]) {
      const resampler = createResampler(rate);
      const output: number[] = [];
      for (let i = 0; i < input.length; i += chunkLength)
        output.push(...resampler.push(input.subarray(i, i + chunkLength)));
      output.push(...resampler.finish());
      assert.deepEqual(Float32Array.from(output), whole);
    }
  });
}

test('16 kHz passes unchanged', () => {
  const input = tone(16_000, 1_000);
  assert.deepEqual(resample(input, 16_000), input);
});

test('a stream without samples gives none, and a single sample gives its share', () => {
  assert.equal(resample(new Float32Array(), 44_100).length, 0);
  assert.equal(resample(Float32Array.of(1), 8_000).length, 2);
  assert.equal(resample(Float32Array.of(1), 48_000).length, 1);
});

test('a tone above the new Nyquist rate is filtered out', () => {
  const high = Float32Array.from({ length: 4_800 }, (_, k) => Math.sin((2 * Math.PI * 12_000 * k) / 48_000));
  const middle = resample(high, 48_000).subarray(100, 1_500);
  assert.ok(middle.every((sample) => Math.abs(sample) < 0.01));
});
