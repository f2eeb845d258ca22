import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decoderConfigSchema, serveDecoder } from '@osum/decoder';
import { encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { createChannels, createTelemetry, f32Tensor } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import {
  FeatureExtractor,
  health,
  LanguageDecoder,
  ModalityAdapter,
  PromptMode,
  SpeechEncoder,
  SpeechUnderstanding,
  serviceDefinition,
} from '@osum/proto';
import { routerConfigSchema, serveRouter } from '@osum/router';
import { attach, encode, generate, generateStream } from './calls.js';
import { startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { writeTinyPackage } from './tiny-package.js';

const { SERVING, NOT_SERVING } = health.HealthCheckResponse_ServingStatus;
const telemetry = createTelemetry({ name: 'life-cycle', logLevel: 'silent' });
const healthDefinition = serviceDefinition(health.Health);

test('a stage alone opens its own device, is NOT_SERVING until its model is loaded, and then serves', async () => {
  const tiny = await writeTinyPackage();
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ package: tiny.directory, device: 'host', logLevel: 'silent' }),
  );
  const channels = createChannels({ telemetry });
  const client = channels.client(healthDefinition, encoder.address);
  const check = async () => (await client.check({ service: SpeechEncoder.typeName })).status;
  assert.equal(encoder.health.get(SpeechEncoder.typeName), NOT_SERVING);
  assert.equal(await check(), NOT_SERVING);
  await encoder.ready;
  assert.equal(await check(), SERVING);
  channels.close();
  await encoder.drain();
  await tiny.remove();
});

test('each stage tells its health under its own name, to Check and to Watch, until it drains', async () => {
  const chain = await startChain();
  const addresses = { features: [chain.features.address], decoders: [chain.decoder.address] };
  const router = await serveRouter(
    routerConfigSchema.parse({ package: chain.tiny.directory, logLevel: 'silent', ...addresses }),
  );
  await router.ready;
  const channels = createChannels({ telemetry });
  const watches: AsyncIterator<health.HealthCheckResponse>[] = [];
  for (const [{ typeName }, { address }] of [
    [FeatureExtractor, chain.features],
    [SpeechEncoder, chain.encoder],
    [ModalityAdapter, chain.adapter],
    [LanguageDecoder, chain.decoder],
    [SpeechUnderstanding, router],
  ] as const) {
    const client = channels.client(healthDefinition, address);
    for (const service of [typeName, '']) {
      assert.equal((await client.check({ service })).status, SERVING, typeName);
      const watch = client.watch({ service })[Symbol.asyncIterator]();
      assert.equal((await watch.next()).value?.status, SERVING, typeName);
      watches.push(watch);
    }
  }
  await router.drain();
  await chain.close();
  for (const watch of watches) {
    assert.equal((await watch.next()).value?.status, NOT_SERVING);
    assert.equal((await watch.next()).done, true);
  }
  channels.close();
});

test('a call that comes while the model is loading is refused with UNAVAILABLE', async () => {
  const chain = await startChain();
  const late = await serveEncoder(
    encoderConfigSchema.parse({ package: chain.tiny.directory, logLevel: 'silent' }),
    { scheduler: chain.scheduler, telemetry: chain.telemetry },
  );
  const features = f32Tensor('features', [10, 80], new Float32Array(800));
  const lateChain = { ...chain, encoder: late };
  const early = encode(lateChain, features);
  await refusedWith(early, 'loading', /encoder is still loading its model; try again/);
  await late.ready;
  assert.deepEqual((await encode(lateChain, features)).tensor!.shape, [5, 128]);
  await late.drain();
  await chain.close();
});

test('a package that cannot be loaded ends the stage with the reason', async () => {
  const tiny = await writeTinyPackage();
  await writeFile(join(tiny.directory, 'encoder.safetensors'), 'not weights');
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ package: tiny.directory, device: 'host', logLevel: 'silent' }),
  );
  await assert.rejects(encoder.ready, /encoder.safetensors/);
  await encoder.drain();
  await tiny.remove();
  const nowhere = await serveEncoder(
    encoderConfigSchema.parse({ package: tiny.directory, device: 'host', logLevel: 'silent' }),
  );
  await assert.rejects(nowhere.ready, /holds no model.json/);
});

test('a stage loads its own file only: the encoder starts when the others are missing their content', async () => {
  const tiny = await writeTinyPackage();
  const { bytes } = tiny.manifest.files.decoder;
  await writeFile(join(tiny.directory, 'decoder.safetensors'), new Uint8Array(bytes));
  const encoder = await serveEncoder(
    encoderConfigSchema.parse({ package: tiny.directory, device: 'host', logLevel: 'silent' }),
  );
  await encoder.ready;
  await encoder.drain();
  const decoder = await serveDecoder(
    decoderConfigSchema.parse({ package: tiny.directory, device: 'host', logLevel: 'silent' }),
  );
  await assert.rejects(decoder.ready, /decoder.safetensors/);
  await tiny.remove();
});

test('a draining decoder lets its sessions finish and refuses new ones', async () => {
  const chain = await startChain();
  await rememberGood(chain);
  const second = await serveDecoder(
    decoderConfigSchema.parse({ package: chain.tiny.directory, drainGraceMs: 5000 }),
    {
      scheduler: chain.scheduler,
      telemetry: chain.telemetry,
    },
  );
  await second.ready;
  const other = { ...chain, decoder: second };
  const speech = f32Tensor('speech', [9, 128], new Float32Array(9 * 128).fill(0.3));
  let drained: Promise<void> | null = null;
  const answer = await generate(other, [{ maxNewTokens: 8 }], 20, async (target) => {
    drained = second.drain();
    await sleep(20);
    await refusedWith(generate(other, [{ mode: PromptMode.CHAT }], 20), 'draining', /shutting down/);
    await attach(other, target, speech);
  });
  await drained;
  assert.deepEqual(
    answer.tokens,
    (await generate(chain, [{ maxNewTokens: 8 }], 20, (target) => attach(chain, target, speech))).tokens,
  );
  assert.equal(second.health.get(LanguageDecoder.typeName), NOT_SERVING);
  await assertStillGood(chain);
  await chain.close();
});

test('a drain that takes too long aborts what is left, and frees it', async () => {
  const chain = await startChain({ decoder: { drainGraceMs: 100 } });
  const responses = generateStream(chain, [{ maxNewTokens: 5 }], 20)[Symbol.asyncIterator]();
  await responses.next();
  const began = performance.now();
  const [ended] = await Promise.all([
    responses.next().catch((error: unknown) => error),
    chain.decoder.drain(),
  ]);
  assert.ok(ended instanceof Error);
  assert.ok(performance.now() - began < 3000);
  await chain.close();
});
