import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioError } from './audio-error.js';
import { concatSamples } from './collect.js';
import { type DecodeOptions, decodeAudio } from './decode-audio.js';
import { resample } from './resampler.js';
import { startAudioThread } from './thread/audio-thread.js';

const thread = startAudioThread();
after(() => thread.close());

const file = (name: string) => readFileSync(new URL(`../test-data/${name}`, import.meta.url));

type Options = Omit<DecodeOptions, 'thread'> & { readonly step?: number };

async function decode(bytes: Uint8Array, { step = 1_000, ...options }: Options = {}): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const chunk of decodeAudio(cut(bytes, step), { thread, ...options })) chunks.push(chunk);
  return concatSamples(chunks);
}

function* cut(bytes: Uint8Array, step: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += step) yield bytes.subarray(i, i + step);
}

/** Root of the mean square of the difference, as a share of the expected signal's. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  const power = (signal: Float32Array) => signal.reduce((sum, sample) => sum + sample * sample, 0);
  return Math.sqrt(power(actual.map((sample, i) => sample - (expected[i] ?? 0))) / power(expected));
}

const refusedAs =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof AudioError && error.code === code && message.test(error.message);

const speech16k = await decode(file('speech-16k-s16.wav'));
const speech8k = await decode(file('speech-8k.s16le'), {
  format: { encoding: 's16le', sampleRateHz: 8_000, channels: 1 },
});

test('16 kHz WAV passes without filtering: samples are the integers over 32768', () => {
  const bytes = file('speech-16k-s16.wav');
  const integers = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset + bytes.length - 48_000, bytes.byteOffset + bytes.length),
  );
  assert.deepEqual(
    speech16k,
    Float32Array.from(integers, (value) => value / 32_768),
  );
});

// The lossless files hold the same recording, with more or fewer bits and at other rates.
for (const [name, reference, bound] of [
  ['speech-16k.flac', speech16k, 0],
  ['speech-16k-flac.ogg', speech16k, 0],
  ['speech-8k-s24.wav', speech8k, 1e-3],
  ['speech-8k-s32.wav', speech8k, 1e-3],
  ['speech-8k-f32.wav', speech8k, 1e-3],
  ['speech-8k-u8.wav', speech8k, 0.05],
  ['speech-8k-alaw.wav', speech8k, 0.03],
  ['speech-8k-mulaw.wav', speech8k, 0.03],
] as const) {
  test(`${name} decodes to the recording`, async () => {
    const samples = await decode(file(name));
    assert.equal(samples.length, reference.length);
    assert.ok(relativeError(samples, reference) <= bound, `error ${relativeError(samples, reference)}`);
  });
}

for (const step of [1_000, 29_000, 1_000_000]) {
  test(`FLAC that ends in a short frame of digital silence is decoded to its end, in pieces of ${step} bytes`, async () => {
    const samples = await decode(file('silence-at-end-16k.flac'), { step });
    const expected = new Float32Array(6 * 4_096 + 1_000);
    expected.set(speech16k);
    assert.deepEqual(samples, expected);
  });
}

for (const [name, seconds, bound] of [
  ['speech-44k.mp3', 1.5, 0.1],
  ['speech-16k-no-header.mp3', 1.584, 2],
  ['speech-48k.opus', 1.5, 0.35],
] as const) {
  test(`${name} decodes to about the recording, ${seconds} s long`, async () => {
    const samples = await decode(file(name));
    assert.equal(samples.length, seconds * 16_000);
    assert.ok(relativeError(samples, speech16k) < bound, `error ${relativeError(samples, speech16k)}`);
  });
}

test('stereo is mixed before resampling: the mean of the voice and a third of it is two thirds', async () => {
  const mono = await decode(file('speech-48k.opus'));
  for (const name of ['speech-22k-stereo.flac', 'speech-48k-stereo.opus']) {
    const samples = await decode(file(name));
    const twoThirds = mono.subarray(0, samples.length).map((sample) => (sample * 4) / 6);
    assert.ok(relativeError(samples, twoThirds) < 0.35, `${name}: ${relativeError(samples, twoThirds)}`);
  }
});

for (const name of [
  'speech-16k.flac',
  'speech-22k-stereo.flac',
  'speech-44k.mp3',
  'speech-48k.opus',
  'speech-8k-s24.wav',
]) {
  test(`${name} decodes the same in chunks of any length`, async () => {
    const whole = await decode(file(name), { step: 1_000_000 });
    for (const step of [97, 4_096]) assert.deepEqual(await decode(file(name), { step }), whole);
  });
}

test('raw PCM of any rate and channel count is taken as declared', async () => {
  const left = resample(
    Float32Array.from({ length: 882 }, (_, i) => i / 882),
    44_100,
  );
  const interleaved = Float32Array.from({ length: 1_764 }, (_, i) => (i % 2 === 0 ? i / 882 : 0));
  const samples = await decode(Buffer.from(interleaved.buffer), {
    format: { encoding: 'f32le', sampleRateHz: 44_100, channels: 2 },
    step: 7,
    ending: 'may-stop',
  });
  assert.ok(samples.every((sample, i) => Math.abs(sample - left[i]!) < 1e-6));
});

for (const [what, bytes, options, code, message] of [
  ['nothing', Buffer.alloc(0), {}, 'EMPTY', /no bytes/],
  [
    'a WAV header without samples',
    file('speech-16k-s16.wav').subarray(0, -48_000),
    { ending: 'may-stop' },
    'EMPTY',
    /without samples/,
  ],
  [
    '200 samples',
    Buffer.alloc(400),
    { format: pcm(16_000) },
    'TOO_SHORT',
    /at least 201 samples at 16000 Hz, got 200/,
  ],
  ['100 samples at 8 kHz', Buffer.alloc(200), { format: pcm(8_000) }, 'TOO_SHORT', /got 200/],
  ['text', Buffer.from('hello '.repeat(100)), {}, 'UNKNOWN_FORMAT', /no known audio format/],
  ['zeros', Buffer.alloc(10_000), {}, 'UNKNOWN_FORMAT', /send WAV/],
  ['an M4A file', file('refused.m4a'), {}, 'UNSUPPORTED', /MP4 or M4A/],
  ['a declared rate of 0', Buffer.alloc(400), { format: pcm(0) }, 'BAD_SAMPLE_RATE', /got 0/],
  ['a declared rate of NaN', Buffer.alloc(400), { format: pcm(Number.NaN) }, 'BAD_SAMPLE_RATE', /got NaN/],
  ['no channels', Buffer.alloc(400), { format: { ...pcm(16_000), channels: 0 } }, 'BAD_CHANNELS', /got 0/],
  [
    'a second and a half where one is allowed',
    file('speech-48k.opus'),
    { maxSeconds: 1 },
    'TOO_LONG',
    /at most 1 s/,
  ],
  ['half a sample', Buffer.alloc(4_001), { format: pcm(16_000) }, 'TRUNCATED', /whole frames/],
] as const) {
  test(`${what}: ${code}`, async () => {
    await assert.rejects(decode(bytes, options), refusedAs(code, message));
  });
}

for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
  test(`a sample of ${value} is NON_FINITE`, async () => {
    const samples = new Float32Array(1_000);
    samples[700] = value;
    const format = { encoding: 'f32le', sampleRateHz: 48_000, channels: 1 } as const;
    await assert.rejects(
      decode(Buffer.from(samples.buffer), { format }),
      refusedAs('NON_FINITE', new RegExp(`got ${value}`)),
    );
  });
}

for (const name of [
  'speech-16k.flac',
  'speech-16k-flac.ogg',
  'speech-44k.mp3',
  'speech-16k-no-header.mp3',
  'speech-48k.opus',
  'speech-16k-s16.wav',
]) {
  test(`${name} cut off anywhere is TRUNCATED, but live audio may stop there`, async () => {
    const bytes = file(name);
    for (const share of [0.35, 0.6, 0.97]) {
      const part = bytes.subarray(0, Math.floor(bytes.length * share));
      await assert.rejects(decode(part), refusedAs('TRUNCATED'), `at ${share}`);
      const heard = await decode(part, { ending: 'may-stop' });
      assert.ok(heard.length > 0 && heard.length <= 26_000);
    }
  });
}

for (const name of ['speech-16k.flac', 'speech-16k-flac.ogg', 'speech-44k.mp3', 'speech-48k.opus']) {
  test(`${name} with damage in the middle is refused, and the next stream decodes`, async () => {
    const damaged = Buffer.from(file(name));
    for (let i = 0; i < damaged.length / 4; i++) damaged[(damaged.length >> 1) + i] = (i * 7_919) % 251;
    await assert.rejects(
      decode(damaged),
      (error) => error instanceof AudioError && ['CORRUPT', 'TRUNCATED'].includes(error.code),
    );
    assert.ok((await decode(file(name))).length > 0);
  });
}

/** The file with another length in its header: bytes of data for WAV, samples for FLAC. */
function declaring(name: string, length: number): Buffer {
  const bytes = Buffer.from(file(name));
  if (name.endsWith('.wav')) bytes.writeUInt32LE(length, bytes.indexOf('data') + 4);
  else bytes.writeUInt32BE(length, bytes.indexOf('fLaC') + 4 + 4 + 14);
  return bytes;
}

for (const [name, unitsPerSecond] of [
  ['speech-16k-s16.wav', 32_000],
  ['speech-16k.flac', 16_000],
] as const) {
  test(`${name} that declares more than the limit is refused by its header, except for live audio`, async () => {
    const bytes = declaring(name, 3600 * unitsPerSecond);
    const header = bytes.subarray(0, 512);
    // Only the header comes: a refusal proves that nothing else was waited for.
    async function* stuck() {
      yield header;
      await new Promise(() => {});
    }
    const read = async () => {
      for await (const _ of decodeAudio(stuck(), { thread, maxSeconds: 600 }))
        assert.fail('nothing is decoded');
    };
    await assert.rejects(read(), refusedAs('TOO_LONG', /at most 600 s .*the header declares 3600 s/));
    const live = await decode(bytes, { ending: 'may-stop', maxSeconds: 600 });
    assert.equal(live.length, speech16k.length);
    assert.equal((await decode(file(name), { maxSeconds: 1.5 })).length, speech16k.length);
  });
}

test('FLAC of a writer that did not know the length is refused where it passes the limit', async () => {
  const unknown = declaring('speech-16k.flac', 0);
  assert.equal((await decode(unknown, { maxSeconds: 1.5 })).length, speech16k.length);
  await assert.rejects(decode(unknown, { maxSeconds: 1 }), refusedAs('TOO_LONG', /at most 1 s .*got more/));
});

test('garbage behind a valid beginning never hangs and never decodes to a whole clip', async () => {
  let seed = 777;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed & 0xff;
  };
  for (const name of [
    'speech-16k.flac',
    'speech-44k.mp3',
    'speech-16k-no-header.mp3',
    'speech-48k.opus',
    'speech-16k-s16.wav',
  ]) {
    for (let round = 0; round < 5; round++) {
      const bytes = Buffer.concat([
        file(name).subarray(0, 200),
        Buffer.from(Array.from({ length: 30_000 }, random)),
      ]);
      await assert.rejects(decode(bytes, { step: 30_200 }), (error) => error instanceof AudioError, name);
    }
  }
});

test('an abort is seen while the source has nothing to give, and the source is told to stop', async () => {
  const controller = new AbortController();
  let stopped = false;
  async function* stalled() {
    try {
      yield file('speech-48k.opus').subarray(0, 2_000);
      await sleep(60_000, undefined, { signal: controller.signal, ref: false });
    } finally {
      stopped = true;
    }
  }
  setTimeout(() => controller.abort(new Error('caller left')), 50);
  const decoding = async () => {
    for await (const _ of decodeAudio(stalled(), { thread, signal: controller.signal }));
  };
  await assert.rejects(decoding, /caller left/);
  await sleep(10);
  assert.ok(stopped);
});

test('ten minutes stream through in flat memory without holding up the event loop', async () => {
  const second = new Int16Array(48_000 * 2).map((_, i) => 8_000 * Math.sin(i / 20));
  const bytes = Buffer.from(second.buffer);
  function* tenMinutes() {
    for (let i = 0; i < 600; i++) yield bytes;
  }
  let samples = 0;
  let greatestBytes = 0;
  const startBytes = process.memoryUsage().arrayBuffers;
  const format = { encoding: 's16le', sampleRateHz: 48_000, channels: 2 } as const;
  for await (const chunk of decodeAudio(tenMinutes(), { thread, format, maxSeconds: 600 })) {
    samples += chunk.length;
    greatestBytes = Math.max(greatestBytes, process.memoryUsage().arrayBuffers - startBytes);
  }
  assert.equal(samples, 600 * 16_000);
  assert.ok(greatestBytes < 64 * 2 ** 20, `${greatestBytes} bytes`);
});

function pcm(sampleRateHz: number) {
  return { encoding: 's16le', sampleRateHz, channels: 1 } as const;
}
