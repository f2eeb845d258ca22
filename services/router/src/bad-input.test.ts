import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  AudioEncoding,
  TaskFailure,
  type UnderstandConfigSchema,
  type UnderstandRequestSchema,
  WarningCode,
} from '@osum/proto';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, requestsOf, tone } from './testing/calls.js';
import { type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

type Config = MessageInitShape<typeof UnderstandConfigSchema>;
type Request = MessageInitShape<typeof UnderstandRequestSchema>;

let mesh: FakeMesh;
before(async () => {
  mesh = await startFakeMesh({ maxAudioSeconds: 60 });
});
after(() => mesh.close());
// Whatever was refused, the same server answers a good request, and nothing is left over.
afterEach(async () => {
  const messages = await messagesOf(mesh.client, { wish, format: pcm16k }, pcmBytes(tone(1)));
  assert.equal(only(messages, 'result')[0]?.result?.transcript?.text, 'hello world');
  await mesh.idle();
});

const wish = { case: 'tags' as const, value: '<asr>' };
const recording = await readFile(new URL('../../../test/recordings/hold-fast.ogg', import.meta.url));

function refusal(audio: Uint8Array, config: Config = { format: pcm16k }) {
  return failureOf(messagesOf(mesh.client, { wish, ...config }, audio));
}

function samplesWith(value: number): Uint8Array {
  const samples = tone(1);
  samples[8000] = value;
  return pcmBytes(samples);
}

function wav(samples: number, { sampleRateHz = 16_000, declaredBytes = samples * 2 } = {}): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + declaredBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(declaredBytes, 40);
  return Buffer.concat([header, Buffer.alloc(samples * 2, 0x11)]);
}

const cases: { what: string; audio: Uint8Array; config?: Config; code: status; says: RegExp }[] = [
  { what: 'no audio', audio: new Uint8Array(), code: status.INVALID_ARGUMENT, says: /expected audio, got/ },
  {
    what: 'no audio of any container',
    audio: new Uint8Array(),
    config: {},
    code: status.INVALID_ARGUMENT,
    says: /got no bytes/,
  },
  {
    what: '200 samples',
    audio: pcmBytes(tone(200 / 16_000)),
    code: status.INVALID_ARGUMENT,
    says: /expected at least 201 samples at 16000 Hz, got 200/,
  },
  {
    what: 'NaN',
    audio: samplesWith(Number.NaN),
    code: status.INVALID_ARGUMENT,
    says: /expected finite samples, got NaN/,
  },
  {
    what: 'an infinite sample',
    audio: samplesWith(Number.NEGATIVE_INFINITY),
    code: status.INVALID_ARGUMENT,
    says: /expected finite samples, got -Infinity/,
  },
  {
    what: 'an unknown format',
    audio: Buffer.from('%PDF-1.7 is not audio, whatever its name says, and goes on for a while'),
    config: {},
    code: status.INVALID_ARGUMENT,
    says: /no known audio format/,
  },
  {
    what: 'a WAV file that is cut short',
    audio: wav(16_000, { declaredBytes: 64_000 }),
    config: {},
    code: status.INVALID_ARGUMENT,
    says: /audio cannot be used/,
  },
  {
    what: 'an Opus file that is cut short',
    audio: recording.subarray(0, recording.length - 3000),
    config: {},
    code: status.INVALID_ARGUMENT,
    says: /audio cannot be used/,
  },
  {
    what: 'a sample rate of 0 in raw PCM',
    audio: pcmBytes(tone(1)),
    config: { format: { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: 0 } },
    code: status.INVALID_ARGUMENT,
    says: /got 0/,
  },
  {
    what: 'a sample rate of 0 in a WAV file',
    audio: wav(16_000, { sampleRateHz: 0 }),
    config: {},
    code: status.INVALID_ARGUMENT,
    says: /got 0/,
  },
  {
    what: 'more audio than the limit',
    audio: pcmBytes(tone(61)),
    code: status.OUT_OF_RANGE,
    says: /expected at most 60 s/,
  },
  {
    what: 'no wish',
    audio: pcmBytes(tone(1)),
    config: { wish: { case: undefined }, format: pcm16k },
    code: status.INVALID_ARGUMENT,
    says: /config\.wish: expected an instruction or tags/,
  },
  {
    what: 'more tokens than the package generates',
    audio: pcmBytes(tone(1)),
    config: { format: pcm16k, generation: { maxNewTokens: 401 } },
    code: status.INVALID_ARGUMENT,
    says: /max_new_tokens: expected 1 to 400, got 401/,
  },
  {
    what: 'a temperature of 0',
    audio: pcmBytes(tone(1)),
    config: { format: pcm16k, generation: { sampling: { temperature: 0 } } },
    code: status.INVALID_ARGUMENT,
    says: /temperature: expected above 0/,
  },
  {
    what: 'an end silence of 6 s',
    audio: pcmBytes(tone(1)),
    config: { format: pcm16k, live: { endSilence: { seconds: 6n } } },
    code: status.INVALID_ARGUMENT,
    says: /end_silence: expected 0\.1 to 5 s, got 6 s/,
  },
];

for (const { what, audio, config, code, says } of cases) {
  test(`${what} is refused`, async () => {
    const error = await refusal(audio, config);
    assert.match(error.details, says);
    assert.equal(error.code, code);
    assert.equal(mesh.decoders[0].sessions + mesh.decoders[1].sessions, 0);
  });
}

test('the refusal of a too long recording tells the limit to programs', async () => {
  const error = await refusal(pcmBytes(tone(61)));
  assert.equal(error.kind, 'tooLong');
  assert.equal(error.facts.maxSeconds, '60');
});

test('an hour of audio is refused by its header, with the limit, before the rest of the upload', async () => {
  const header = wav(0, { declaredBytes: 3600 * 32_000 });
  async function* upload(): AsyncGenerator<Request> {
    yield* requestsOf({ wish }, Buffer.concat([header, Buffer.alloc(3200)]));
    await new Promise(() => {});
  }
  let headers = 0;
  const read = async () => {
    for await (const _ of mesh.client.understand(upload(), { onHeader: () => void headers++ }));
  };
  const error = await failureOf(read());
  assert.equal(error.code, status.OUT_OF_RANGE);
  assert.match(
    error.details,
    /expected at most 60 s of audio \(the configured limit\), but the header declares 3600 s/,
  );
  assert.deepEqual(
    [error.kind, error.facts.maxSeconds, error.facts.declaredSeconds],
    ['tooLong', '60', '3600'],
  );
  assert.equal(headers, 0);
});

test('a wrong sample rate names its field', async () => {
  const error = await refusal(pcmBytes(tone(1)), { format: { encoding: AudioEncoding.PCM_S16LE } });
  assert.equal(error.violations[0]?.field, 'config.format.sample_rate_hz');
});

test('silence is answered without asking the model, and says so for each task', async () => {
  const before = mesh.decoderCalls().length;
  const config = { wish: { case: 'tags' as const, value: '<asr><gender><chat>' }, format: pcm16k };
  const messages = await messagesOf(mesh.client, config, new Uint8Array(64_000));
  const result = only(messages, 'result')[0]!.result!;
  assert.equal(result.warnings[0]?.code, WarningCode.NO_SPEECH);
  for (const part of [result.transcript, result.gender, result.reply]) {
    assert.equal(part?.status?.failure, TaskFailure.NO_SPEECH);
  }
  assert.equal(result.usage?.audioSeconds, 1);
  assert.equal(mesh.decoderCalls().length, before);
});

test('messages out of order are refused', async () => {
  async function* audioFirst(): AsyncGenerator<Request> {
    yield { request: { case: 'audio', value: pcmBytes(tone(1)) } };
  }
  async function* configTwice(): AsyncGenerator<Request> {
    yield { request: { case: 'config', value: { wish, format: pcm16k } } };
    yield { request: { case: 'config', value: { wish, format: pcm16k } } };
  }
  for (const [requests, says] of [
    [audioFirst(), /expected first messages to be `config`, got `audio`/],
    [configTwice(), /expected later messages to be `audio`, got `config`/],
    [requestsOf({ wish, format: pcm16k }, pcmBytes(tone(40)), 1 << 21), /message larger than max/],
  ] as const) {
    const read = async () => {
      for await (const _ of mesh.client.understand(requests));
    };
    assert.match((await failureOf(read())).details, says);
  }
});

test('a recording that the caller breaks off is not answered', async () => {
  const before = mesh.decoderCalls().length;
  const leave = new AbortController();
  async function* broken(): AsyncGenerator<Request> {
    yield* requestsOf({ wish, format: pcm16k }, pcmBytes(tone(1)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave.abort();
    await new Promise(() => {});
  }
  await assert.rejects(async () => {
    for await (const _ of mesh.client.understand(broken(), { signal: leave.signal }));
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(mesh.decoderCalls().length, before);
});

test('a shipped recording is decoded and answered', async () => {
  const messages = await messagesOf(mesh.client, { wish }, recording);
  const [result] = only(messages, 'result');
  assert.equal(result?.result?.transcript?.text, 'hello world');
  assert.ok(result.endSeconds > 1);
});
