import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, requestsOf, tone } from './testing/calls.js';
import { startFakeDecoder } from './testing/fake-decoder.js';
import { byTags, type FakeMesh, startFakeMesh } from './testing/fake-mesh.js';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await startFakeMesh();
});
afterEach(() => mesh.close());

const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
const ask = () => messagesOf(mesh.client, config, pcmBytes(tone(1)));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function assertAnswered() {
  assert.equal(only(await ask(), 'result')[0]?.result?.transcript?.text, 'hello world');
}

/** Waits until a stage that was down is noticed to be back, and asserts a correct answer. */
async function answered() {
  for (let i = 0; i < 100; i++) {
    if ((await ask().catch(() => undefined)) !== undefined) break;
    await pause(20);
  }
  await assertAnswered();
}

test('a stage that is down fails the call with UNAVAILABLE, and its return mends it', async () => {
  const [{ address }] = mesh.decoders;
  for (const { server } of mesh.decoders) server.abort();
  const error = await failureOf(ask());
  assert.equal(error.code, status.UNAVAILABLE);
  assert.match(
    error.details,
    /LanguageDecoder cannot be reached: connect ECONNREFUSED .*; check that it runs/,
  );
  const again = await startFakeDecoder(byTags, address);
  await answered();
  again.server.abort();
});

test('with one of two instances down every call is answered', async () => {
  mesh.features[0].server.abort();
  mesh.decoders[1].server.abort();
  for (let i = 0; i < 6; i++) await assertAnswered();
});

test('a decoder that dies before it printed anything is replaced by another', async () => {
  for (const decoder of mesh.decoders) decoder.tokenDelayMs = 100;
  const call = ask();
  while (mesh.decoders.every(({ sessions }) => sessions === 0)) await pause(5);
  const busy = mesh.decoders.find(({ sessions }) => sessions > 0)!;
  busy.server.abort();
  assert.equal(only(await call, 'result')[0]?.result?.transcript?.text, 'hello world');
});

test('a decoder that dies after it printed something fails the call with UNAVAILABLE', async () => {
  for (const decoder of mesh.decoders)
    decoder.script = () => ['<asr>', ...Array.from({ length: 50 }, () => ' word')];
  for (const decoder of mesh.decoders) decoder.tokenDelayMs = 20;
  let printed = 0;
  async function read() {
    for await (const { response } of mesh.client.understand(requestsOf(config, pcmBytes(tone(1))))) {
      if (response.case !== 'event') continue;
      printed += 1;
      if (printed === 3) for (const { server } of mesh.decoders) server.abort();
    }
  }
  const error = await failureOf(read());
  assert.equal(error.code, status.UNAVAILABLE);
  assert.match(error.details, /LanguageDecoder broke off the call; its process may have died/);
  assert.ok(printed < 50);
  const again = await startFakeDecoder(byTags, mesh.decoders[0].address);
  await answered();
  again.server.abort();
});

test('a feature extractor that dies in mid-utterance is replaced by another', async () => {
  for (const features of mesh.features) features.delayMs = 150;
  const call = ask();
  while (mesh.features.every(({ active }) => active === 0)) await pause(5);
  mesh.features.find(({ active }) => active > 0)!.server.abort();
  assert.equal(only(await call, 'result')[0]?.result?.transcript?.text, 'hello world');
  await mesh.idle();
});

test('a deadline that passes in the queue of a stage is DEADLINE_EXCEEDED, and frees its place', async () => {
  for (const features of mesh.features) features.delayMs = 2000;
  const call = messagesOf(mesh.client, config, pcmBytes(tone(1)), { timeoutMs: 200 });
  const error = await failureOf(call);
  assert.equal(error.code, status.DEADLINE_EXCEEDED);
  assert.match(error.details, /The deadline passed.* \d+ ms/);
  assert.ok(error.facts.budgetMs);
  await mesh.idle();
  for (const features of mesh.features) features.delayMs = 0;
  await assertAnswered();
});
