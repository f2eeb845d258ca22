import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AudioError } from '../audio-error.js';
import { WavDecoder } from './wav-decoder.js';

interface WavOptions {
  readonly codec?: number;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  readonly bits?: number;
  readonly frameBytes?: number;
  readonly dataBytes?: number;
  readonly riffBytes?: number;
  readonly before?: readonly Buffer[];
}

function wav(data: Buffer, options: WavOptions = {}): Buffer {
  const { codec = 1, channels = 1, sampleRateHz = 8_000, bits = 16, before = [] } = options;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(codec, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRateHz, 4);
  format.writeUInt16LE(options.frameBytes ?? (channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  const body = [
    Buffer.from('WAVE'),
    ...before,
    chunk('fmt ', format),
    chunk('data', data, options.dataBytes),
  ];
  return chunk('RIFF', Buffer.concat(body), options.riffBytes);
}

function chunk(name: string, body: Buffer, declaredBytes = body.length): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(declaredBytes);
  return Buffer.concat([Buffer.from(name), size, body, Buffer.alloc(body.length % 2)]);
}

async function decode(bytes: Buffer, step = bytes.length, complete = true): Promise<number[]> {
  const decoder = new WavDecoder();
  const samples: number[] = [];
  for (let i = 0; i < bytes.length; i += step) {
    for (const block of await decoder.push(bytes.subarray(i, i + step))) samples.push(...block.samples);
  }
  for (const block of await decoder.finish(complete)) samples.push(...block.samples);
  return samples;
}

const int16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer);
const refusedAs = (code: string, message?: RegExp) => (error: unknown) =>
  error instanceof AudioError &&
  error.code === code &&
  (message === undefined || message.test(error.message));

test('integers are divided by 2^(bits-1)', async () => {
  assert.deepEqual(await decode(wav(int16(-32_768, 0, 16_384))), [-1, 0, 0.5]);
  assert.deepEqual(await decode(wav(Buffer.of(0, 128, 255), { bits: 8 })), [-1, 0, 127 / 128]);
  assert.deepEqual(await decode(wav(Buffer.of(0, 0, 0x80, 0xff, 0xff, 0x7f), { bits: 24 })), [
    -1,
    Math.fround((2 ** 23 - 1) / 2 ** 23),
  ]);
  const int32 = Buffer.from(Int32Array.of(-(2 ** 31), 2 ** 30).buffer);
  assert.deepEqual(await decode(wav(int32, { bits: 32 })), [-1, 0.5]);
});

test('floats are taken as they are', async () => {
  const float32 = Buffer.from(Float32Array.of(0.25, -1.5).buffer);
  assert.deepEqual(await decode(wav(float32, { codec: 3, bits: 32 })), [0.25, -1.5]);
  const float64 = Buffer.from(Float64Array.of(0.25, -1.5).buffer);
  assert.deepEqual(await decode(wav(float64, { codec: 3, bits: 64 })), [0.25, -1.5]);
});

test('channels are mixed to their arithmetic mean', async () => {
  assert.deepEqual(await decode(wav(int16(16_384, 0, -16_384, -16_384), { channels: 2 })), [0.25, -0.5]);
  assert.deepEqual(await decode(wav(int16(3, 6, 9), { channels: 3 })), [6 / 32_768]);
});

test('a file decodes the same however its bytes are cut', async () => {
  const list = chunk('LIST', Buffer.from('odd'));
  const bytes = wav(int16(...Array.from({ length: 50 }, (_, i) => i)), { channels: 2, before: [list] });
  const whole = await decode(bytes);
  assert.equal(whole.length, 25);
  for (const step of [1, 2, 3, 7, 44]) assert.deepEqual(await decode(bytes, step), whole);
});

test('what follows the data chunk is not audio', async () => {
  const bytes = Buffer.concat([wav(int16(1, 2)), chunk('LIST', Buffer.from('tail'))]);
  for (const step of [1, 5, bytes.length]) assert.equal((await decode(bytes, step)).length, 2);
});

test('a writer that did not know the length is read to the end', async () => {
  assert.equal((await decode(wav(int16(1, 2), { dataBytes: 0xffffffff }))).length, 2);
  assert.equal((await decode(wav(int16(1, 2), { dataBytes: 0, riffBytes: 0 }))).length, 2);
  assert.equal((await decode(wav(int16(1, 2), { dataBytes: 0 }))).length, 0);
});

test('RF64 takes the length from its size table', async () => {
  const sizes = Buffer.alloc(28);
  sizes.writeBigUInt64LE(4n, 8);
  const bytes = wav(int16(1, 2, 3), { dataBytes: 0xffffffff, before: [chunk('ds64', sizes)] });
  assert.equal((await decode(bytes)).length, 2);
});

test('a missing end is TRUNCATED, unless live audio may stop anywhere', async () => {
  const bytes = wav(int16(1, 2, 3));
  await assert.rejects(decode(bytes.subarray(0, -2)), refusedAs('TRUNCATED', /2 bytes before the end/));
  await assert.rejects(decode(bytes.subarray(0, 30)), refusedAs('TRUNCATED', /before its data chunk/));
  assert.deepEqual((await decode(bytes.subarray(0, -2), 5, false)).length, 2);
  await assert.rejects(
    decode(wav(int16(1, 2, 3), { channels: 2 })),
    refusedAs('TRUNCATED', /whole frames of 4 bytes/),
  );
});

for (const [what, options, code, message] of [
  ['a sample rate of 0', { sampleRateHz: 0 }, 'BAD_SAMPLE_RATE', /got 0/],
  ['a sample rate beyond any recorder', { sampleRateHz: 4_000_000 }, 'BAD_SAMPLE_RATE', /1000 to 384000 Hz/],
  ['no channels', { channels: 0 }, 'BAD_CHANNELS', /got 0/],
  ['65,535 channels', { channels: 65_535, frameBytes: 2 }, 'BAD_CHANNELS', /got 65535/],
  ['ADPCM', { codec: 17, bits: 4 }, 'UNSUPPORTED', /IMA ADPCM of 4 bits/],
  ['PCM of 12 bits', { bits: 12 }, 'UNSUPPORTED', /PCM of 12 bits/],
  ['frames of a wrong length', { frameBytes: 3 }, 'CORRUPT', /3 bytes a frame/],
] as const) {
  test(`${what} is refused as ${code}`, async () => {
    await assert.rejects(decode(wav(int16(1, 2), options)), refusedAs(code, message));
  });
}

test('data before the format chunk is CORRUPT', async () => {
  const bytes = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), chunk('data', int16(1, 2))]);
  await assert.rejects(decode(bytes), refusedAs('CORRUPT'));
});
