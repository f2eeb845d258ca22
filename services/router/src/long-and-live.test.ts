import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { decodeAudio, startAudioThread } from '@osum/audio';
import { MeshError } from '@osum/mesh';
import { PromptMode, type UnderstandRequestSchema } from '@osum/proto';
import { failureOf, type Message, messagesOf, only, pcm16k, pcmBytes } from './testing/calls.js';
import { byTags, type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

const sampleRateHz = 16_000;
const wish = { case: 'tags' as const, value: '<asr><align>' };
let mesh: FakeMesh;
let speech: Float32Array;

before(async () => {
  mesh = await startFakeMesh({ maxParallelUtterances: 3, maxUtteranceSeconds: 12, maxLiveSeconds: 30 });
  speech = await decoded('hold-fast.ogg');
});
after(() => mesh.close());
beforeEach(() => {
  for (const decoder of mesh.decoders) {
    Object.assign(decoder, { script: byTags, refusals: [], tokenDelayMs: 0 });
    decoder.calls.length = 0;
  }
  for (const features of mesh.features) Object.assign(features, { delayMs: 0 });
});
afterEach(() => mesh.idle());

async function decoded(name: string): Promise<Float32Array> {
  const thread = startAudioThread();
  const bytes = await readFile(new URL(`../../../test/recordings/${name}`, import.meta.url));
  const chunks: Float32Array[] = [];
  for await (const chunk of decodeAudio([bytes], { thread })) chunks.push(chunk);
  await thread.close();
  return joined(chunks);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const silence = (seconds: number) => new Float32Array(Math.round(seconds * sampleRateHz));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Speech with two seconds of silence before each repetition. */
const repeated = (times: number) => joined(Array.from({ length: times }, () => [silence(2), speech]).flat());

test('a long recording comes back utterance by utterance, in order, with absolute times', async () => {
  // The first decoder is slow, so that later utterances are ready before earlier ones.
  mesh.decoders[0].tokenDelayMs = 60;
  const times = 6;
  const messages = await messagesOf(mesh.client, { wish, format: pcm16k }, pcmBytes(repeated(times)));
  const results = only(messages, 'result');
  assert.ok(results.length >= times, `${results.length} utterances`);
  const period = 2 + speech.length / sampleRateHz;
  for (const [index, { utterance, startSeconds, endSeconds, result }] of results.entries()) {
    assert.equal(utterance, index);
    assert.ok(endSeconds > startSeconds);
    const next = results[index + 1]?.startSeconds ?? times * period;
    assert.ok(endSeconds <= next + 1e-9, `${endSeconds} ${next}`);
    const [first] = result!.transcript!.words;
    assert.ok(Math.abs(first!.startSeconds - startSeconds - 0.1) < 1e-6);
  }
  // Each repetition begins an utterance where its speech begins.
  for (let i = 0; i < times; i++) {
    const nearest = Math.min(...results.map(({ startSeconds }) => Math.abs(startSeconds - (i * period + 2))));
    assert.ok(nearest < 1, `repetition ${i}: ${nearest} s away`);
  }
  const order = messages.flatMap((message) => utteranceOf(message) ?? []);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  const [summary] = only(messages, 'summary');
  assert.equal(summary?.utterances, results.length);
  assert.ok(Math.abs(summary!.audioSeconds - times * period) < 1e-6);
  assert.ok(
    mesh.decoders.every(({ calls }) => calls.length > 0),
    'both decoders are used',
  );
});

function utteranceOf(message: Message): number | undefined {
  switch (message.case) {
    case 'utteranceStarted':
    case 'event':
    case 'utteranceEnded':
    case 'result':
      return message.value.utterance;
    default:
      return undefined;
  }
}

test('a recording without speech that is longer than an utterance has none', async () => {
  const messages = await messagesOf(mesh.client, { wish, format: pcm16k }, pcmBytes(silence(20)));
  assert.deepEqual(
    messages.map((message) => message.case),
    ['plan', 'summary'],
  );
  assert.equal(only(messages, 'summary')[0]?.audioSeconds, 20);
});

test('an overload in the middle of a recording is waited out', async () => {
  const refusals = [
    new MeshError('queueFull', 'full', { pushbackMs: 20 }),
    new MeshError('queueFull', 'full', { pushbackMs: 20 }),
  ];
  const config = { wish, format: pcm16k };
  // The first utterance passes; the refusals meet later ones.
  for (const decoder of mesh.decoders) {
    decoder.script = (...args) => {
      decoder.refusals.push(...refusals.splice(0, 1));
      return byTags(...args);
    };
  }
  const messages = await messagesOf(mesh.client, config, pcmBytes(repeated(8)));
  assert.ok(only(messages, 'result').length >= 8);
  assert.equal(refusals.length, 0);
});

test('an error late in a recording comes after the results that were ready', async () => {
  const audio = joined([repeated(3), Float32Array.of(Number.NaN), repeated(1)]);
  const seen: (string | undefined)[] = [];
  async function read() {
    for await (const { response } of mesh.client.understand(requests(audio, 15_000, 0)))
      seen.push(response.case);
  }
  const error = await failureOf(read());
  assert.match(error.details, /finite/);
  assert.ok(seen.includes('result'));
});

async function* requests(
  samples: Float32Array,
  pieceSamples: number,
  pauseMs: number,
  live?: { partialInterval?: { seconds: bigint } },
): AsyncGenerator<MessageInitShape<typeof UnderstandRequestSchema>> {
  yield {
    request: { case: 'config', value: { wish, format: pcm16k, ...(live === undefined ? {} : { live }) } },
  };
  for (let start = 0; start < samples.length; start += pieceSamples) {
    if (pauseMs > 0) await pause(pauseMs);
    yield { request: { case: 'audio', value: pcmBytes(samples.slice(start, start + pieceSamples)) } };
  }
}

test('a live stream gets partial words of the open utterance, and one result for each closed one', async () => {
  // A tenth of a second of audio every 10 ms: ten times real time.
  const audio = joined([silence(1), speech, silence(2), speech, silence(1)]);
  const messages: Message[] = [];
  let planAfterMs = Number.POSITIVE_INFINITY;
  const beganMs = performance.now();
  for await (const { response } of mesh.client.understand(requests(audio, 1600, 10, {}))) {
    if (response.case === 'plan') planAfterMs = performance.now() - beganMs;
    messages.push(response);
  }
  assert.ok(planAfterMs < (audio.length / 1600) * 10, 'the plan does not wait for speech');
  const results = only(messages, 'result');
  assert.ok(results.length >= 2);
  const partials = only(messages, 'partial');
  assert.ok(partials.length > 0);
  for (const { utterance, text, endSeconds } of partials) {
    assert.equal(text, 'hello world');
    const result = results.find((other) => other.utterance === utterance)!;
    assert.ok(endSeconds > result.startSeconds && endSeconds <= result.endSeconds + 1, `${endSeconds}`);
  }
  // For each utterance: its start, partials, events, its end, its result.
  for (const { utterance } of results) {
    const own = messages.filter(
      (message) => (message.value as { utterance?: number })?.utterance === utterance,
    );
    const kinds = own.map((message) => message.case).filter((kind, i, all) => kind !== all[i - 1]);
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'partial'),
      ['utteranceStarted', 'event', 'utteranceEnded', 'result'],
    );
    assert.ok(!kinds.includes('partial') || kinds.indexOf('partial') === 1);
  }
  // Partials ask for words only.
  const asked = mesh
    .decoderCalls()
    .flatMap(({ passes }) => passes.map(({ instruction, mode }) => [mode, instruction].join()));
  assert.deepEqual(
    new Set(asked),
    new Set([`${PromptMode.UNDERSTAND},<asr>`, `${PromptMode.UNDERSTAND},<asr><align>`]),
  );
});

test('a live stream without partials has none', async () => {
  const kinds = new Set<string | undefined>();
  const live = { partialInterval: { seconds: 0n } };
  for await (const { response } of mesh.client.understand(
    requests(joined([speech, silence(1)]), 8000, 5, live),
  )) {
    kinds.add(response.case);
  }
  assert.ok(kinds.has('result') && !kinds.has('partial'));
});

test('a partial that fails is left out', async () => {
  const messages: Message[] = [];
  for (const decoder of mesh.decoders) {
    decoder.script = (pass, level) => (pass.instruction === '<asr>' ? [] : byTags(pass, level));
  }
  for await (const { response } of mesh.client.understand(
    requests(joined([speech, silence(1)]), 3200, 5, {}),
  )) {
    messages.push(response);
  }
  assert.equal(only(messages, 'partial').length, 0);
  assert.ok(only(messages, 'result').length >= 1);
});

test('a live stream that goes on beyond its limit ends with OUT_OF_RANGE, after its results', async () => {
  const audio = joined([speech, silence(26), speech]);
  const seen: (string | undefined)[] = [];
  async function read() {
    for await (const { response } of mesh.client.understand(requests(audio, 16_000, 0, {})))
      seen.push(response.case);
  }
  const error = await failureOf(read());
  assert.equal(error.kind, 'tooLong');
  assert.match(error.details, /at most 30 s/);
  assert.ok(seen.includes('result'));
});
