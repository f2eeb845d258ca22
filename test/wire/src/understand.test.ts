import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { StatusKind } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import {
  AudioEncoding,
  speechUnderstandingDefinition,
  TaskFailure,
  type UnderstandConfigSchema,
  type UnderstandResponse,
} from '@osum/proto';
import { routerConfigSchema, serveRouter } from '@osum/router';
import type { RunningService } from '@osum/stage';
import type { CallOptions } from 'nice-grpc';
import { chirp, type Options } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertIdle } from './idle.js';
import { sendAndVanish } from './send-and-vanish.js';
import { withSlowDevice } from './slow-device.js';

type Config = MessageInitShape<typeof UnderstandConfigSchema>;
type Result = Extract<UnderstandResponse['response'], { case: 'result' }>['value'];

const f32 = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: 16_000 };
const generation = { maxNewTokens: 8 };
/** Raw PCM and these tags; audio in a file and the first task; raw PCM and this instruction. */
const tagged = (value: string): Config => ({ wish: { case: 'tags', value }, format: f32, generation });
const file: Config = { wish: { case: 'tags', value: '<asr>' }, generation };
const instructed = (value: string): Config => ({
  wish: { case: 'instruction', value },
  format: f32,
  generation,
});

let chain: Chain;
let router: RunningService;
/** Over the same stages, sure of no interpretation. */
let doubting: RunningService;
let expected: string;

before(async () => {
  chain = await startChain();
  const startRouter = async (minPlanScore: number) => {
    const config = routerConfigSchema.parse({
      package: chain.tiny.directory,
      features: [chain.features.address],
      decoders: [chain.decoder.address],
      maxAudioSeconds: 8,
      minPlanScore,
    });
    const started = await serveRouter(config, { telemetry: chain.telemetry });
    await started.ready;
    return started;
  };
  router = await startRouter(0);
  doubting = await startRouter(1);
  expected = answerOf(await good());
});
after(async () => {
  await router.abort();
  await doubting.abort();
  await chain.close();
});
// Whatever happened, nothing is held, and the same servers answer as they did when they were fresh.
afterEach(async () => {
  await assertIdle(chain);
  assert.equal(answerOf(await good()), expected);
  await assertIdle(chain);
});

async function understand(
  config: Config,
  audio: Uint8Array,
  options: CallOptions & Options = {},
  address = router.address,
) {
  const client = chain.channels.client(speechUnderstandingDefinition, address);
  async function* requests() {
    yield { request: { case: 'config' as const, value: config } };
    for (let at = 0; at < audio.length; at += 50_000) {
      yield { request: { case: 'audio' as const, value: audio.subarray(at, at + 50_000) } };
    }
  }
  const results: Result[] = [];
  for await (const { response } of client.understand(requests(), options)) {
    if (response.case === 'result') results.push(response.value);
  }
  return results;
}

const bytes = (samples: Float32Array) => new Uint8Array(samples.buffer);
const pcm = (seconds: number) => bytes(chirp(seconds));
const good = () => understand(tagged('<asr><gender>'), pcm(1.1));
const answerOf = (results: readonly Result[]) =>
  JSON.stringify(results.map(({ result }) => result?.passes.map(({ text }) => text)));

function spoilt(value: number): Uint8Array {
  const samples = chirp(1);
  samples[9000] = value;
  return bytes(samples);
}

/** The header of a 16 kHz mono 16-bit WAV file, and as much sound as `samples` says. */
function wav({
  declaredSamples = 16_000,
  samples = 16_000,
  sampleRateHz = 16_000,
}: {
  declaredSamples?: number;
  samples?: number;
  sampleRateHz?: number;
}): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + declaredSamples * 2, 4);
  header.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, sampleRateHz],
    [28, sampleRateHz * 2],
    [40, declaredSamples * 2],
  ] as const)
    header.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    header.writeUInt16LE(value, at);
  header.write('data', 36);
  return Buffer.concat([header, Buffer.alloc(samples * 2, 0x21)]);
}

const asr = tagged('<asr>');
const refusals: readonly [string, Config, Uint8Array, StatusKind, RegExp][] = [
  ['empty audio', asr, new Uint8Array(), 'badAudio', /expected audio, got a stream without samples/],
  ['empty audio in a file', file, new Uint8Array(), 'badAudio', /expected audio, got no bytes/],
  ['200 samples', asr, pcm(0.0125), 'badAudio', /at least 201 samples at 16000 Hz, got 200/],
  ['NaN', asr, spoilt(Number.NaN), 'badAudio', /expected finite samples, got NaN/],
  ['infinity', asr, spoilt(Number.POSITIVE_INFINITY), 'badAudio', /expected finite samples, got Infinity/],
  ['an unknown format', file, Buffer.alloc(9000, 'x'), 'badAudio', /no known audio format/],
  ['a truncated file', file, wav({ samples: 15_000 }), 'badAudio', /ends 2000 bytes before/],
  ['a sample rate of 0', file, wav({ sampleRateHz: 0 }), 'badRequest', /1000 to 384000 Hz, got 0/],
  ['an hour in a header', file, wav({ declaredSamples: 5.76e7, samples: 1600 }), 'tooLong', /most 8 s/],
  ['more than the limit', asr, pcm(9), 'tooLong', /at most 8 s of audio \(the configured limit\), got more/],
  ['an unknown tag', tagged('<smell>'), pcm(1), 'unknownTag', /unknown tag <smell>/],
  ['a task of no package', tagged('<style>'), pcm(1), 'unsupportedTask', /can do <asr>/],
  ['an empty instruction', instructed(''), pcm(1), 'badRequest', /what you want to know/],
  [
    'an instruction of 100 kB',
    instructed('x'.repeat(100_000)),
    pcm(1),
    'badRequest',
    /at most 8192 bytes, got 100000/,
  ],
];

describe('Understand over real stages', () => {
  for (const [what, config, audio, kind, says] of refusals) {
    test(`${what} is refused with ${kind}, before any header`, async () => {
      let headers = 0;
      const options = { onHeader: () => void headers++ };
      await refusedWith(understand(config, audio, options), kind, says);
      assert.equal(headers, 0);
    });
  }

  test('an instruction that means nothing the package can do is refused, naming what it can', async () => {
    const call = understand(instructed('fold my laundry'), pcm(1), {}, doubting.address);
    await refusedWith(
      call,
      'unsupportedTask',
      /nothing that the model package can do; synthetic can do <asr>, <age>, <gender>/,
    );
  });

  test('silence is answered, and says for each task that nobody speaks', async () => {
    const [answer] = await understand(tagged('<asr><gender>'), new Uint8Array(64_000));
    const { transcript, gender } = answer!.result!;
    for (const part of [transcript, gender]) assert.equal(part?.status?.failure, TaskFailure.NO_SPEECH);
  });

  test('a deadline that passes while the stages work ends the call in its words', async () => {
    await withSlowDevice(chain, 3000, async () => {
      await refusedWith(
        understand(asr, pcm(2), { timeoutMs: 150 }),
        'deadlinePassed',
        /deadline passed.* \d+ ms/i,
      );
    });
  });

  for (const delayMs of [2, 20, 50, 100, 200, 350]) {
    test(`a caller that leaves after ${delayMs} ms frees the stages`, async () => {
      await withSlowDevice(chain, 1500, async () => {
        const leave = new AbortController();
        const call = understand(asr, pcm(2), { signal: leave.signal });
        const over = call.then(
          () => true,
          () => false,
        );
        await sleep(delayMs);
        const answeredBefore = await Promise.race([over, Promise.resolve(false)]);
        leave.abort();
        assert.equal(await over, answeredBefore);
      });
    });
  }

  test('a connection that is cut in the middle of an utterance frees the stages', async () => {
    const { path, requestSerialize } = speechUnderstandingDefinition.understand;
    const messages = [
      requestSerialize({ request: { case: 'config', value: asr } }),
      requestSerialize({ request: { case: 'audio', value: pcm(2) } }),
    ];
    await withSlowDevice(chain, 1500, async () => {
      await sendAndVanish(router.address, path, messages, true);
      await sendAndVanish(router.address, path, messages, false);
    });
  });
});
