import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { f32Values, type StatusKind } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { featureExtractorDefinition, PcmEncoding } from '@osum/proto';
import { chirp, extract } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

const bytesOf = (samples: Float32Array | Int16Array) =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
const config = (value: object = {}) => ({ request: { case: 'config' as const, value } });
const pcm = (value: Uint8Array) => ({ request: { case: 'pcm' as const, value } });
type Message = ReturnType<typeof config> | ReturnType<typeof pcm>;

async function send(messages: readonly Message[]): Promise<void> {
  const client = chain.channels.client(featureExtractorDefinition, chain.features.address);
  async function* requests() {
    yield* messages;
  }
  for await (const _ of client.extract(requests()));
}

const withSample = (at: number, value: number) => {
  const samples = chirp(0.1);
  samples[at] = value;
  return bytesOf(samples);
};

const cases: readonly [string, StatusKind, readonly Message[], RegExp][] = [
  ['no message at all', 'badOrder', [], /first messages to be `config`, got none/],
  ['samples before the configuration', 'badOrder', [pcm(bytesOf(chirp(0.1)))], /got `pcm`/],
  ['a second configuration', 'badOrder', [config(), config()], /later messages to be `pcm`/],
  ['no samples', 'badAudio', [config()], /at least 201 samples .* got 0/],
  ['200 samples', 'badAudio', [config(), pcm(bytesOf(chirp(0.0125)))], /got 200/],
  ['an empty message', 'badAudio', [config(), pcm(new Uint8Array(0))], /got 0 bytes/],
  ['half a sample', 'badAudio', [config(), pcm(new Uint8Array(1001))], /got 1001 bytes/],
  ['a message above 512 KiB', 'badAudio', [config(), pcm(new Uint8Array(524_292))], /524288/],
  ['NaN', 'badAudio', [config(), pcm(withSample(700, Number.NaN))], /Sample 700 is NaN/],
  [
    'infinity in a later message',
    'badAudio',
    [config(), pcm(bytesOf(chirp(0.1))), pcm(withSample(3, Infinity))],
    /Sample 1603/,
  ],
  [
    'an unknown encoding',
    'badRequest',
    [config({ encoding: 9 }), pcm(bytesOf(chirp(0.1)))],
    /unknown value 9/,
  ],
  ['another model', 'unknownModel', [config({ model: 'other' })], /"synthetic", not "other"/],
  [
    'longer audio than the package takes',
    'tooLong',
    [config(), ...Array.from({ length: 4 }, () => pcm(bytesOf(chirp(2.6))))],
    /10 s/,
  ],
];

for (const [what, kind, messages, said] of cases) {
  test(`${what} is refused, and the next request is answered`, async () => {
    await refusedWith(send(messages), kind, said);
    await assertStillGood(chain);
  });
}

test('silence is no error: its features are the constant -1.5', async () => {
  const { tensor } = await extract(chain, new Float32Array(1600));
  assert.deepEqual(tensor!.shape, [10, 80]);
  assert.ok(f32Values(tensor!).every((value) => value === -1.5));
});

test('16-bit samples give the features of the same samples as floats', async () => {
  const s16 = Int16Array.from(chirp(0.5), (sample) => Math.round(sample * 32767));
  const floats = await extract(
    chain,
    Float32Array.from(s16, (sample) => sample / 32768),
  );
  const client = chain.channels.client(featureExtractorDefinition, chain.features.address);
  async function* requests() {
    yield config({ encoding: PcmEncoding.S16LE });
    for (let from = 0; from < s16.length; from += 999) yield pcm(bytesOf(s16.slice(from, from + 999)));
  }
  const chunks: Uint8Array[] = [];
  for await (const { response } of client.extract(requests())) {
    if (response.case === 'frame' && response.value.frame.case === 'chunk')
      chunks.push(response.value.frame.value.data);
  }
  assert.deepEqual(Buffer.concat(chunks), Buffer.from(floats.tensor!.data));
});
