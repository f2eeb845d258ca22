import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { featuresConfigSchema, serveFeatures } from '@osum/features';
import { Stage } from '@osum/proto';
import { adapt, attach, chirp, encode, extract, forwardTo, generate } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertIdle } from './idle.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
});
after(() => chain.close());

test('speech goes through the chain by forwarding and comes out as tokens', async () => {
  const pcm = chirp(1.5);
  let stages: readonly { stage: Stage }[] = [];
  const answer = await generate(chain, [{ maxNewTokens: 12 }], 40, async (target) => {
    const extracted = await extract(chain, pcm, forwardTo(target));
    assert.equal(extracted.tensor, null);
    ({ stages } = extracted);
  });
  assert.deepEqual(
    stages.map(({ stage }) => stage),
    [Stage.FEATURES, Stage.ENCODER, Stage.ADAPTER, Stage.DECODER],
  );
  assert.ok(answer.tokens[0]!.length > 0 && answer.tokens[0]!.length <= 12);
  assert.equal(answer.finished.speechRows, 19 + 2);
  await assertIdle(chain);
});

test('calling each stage alone and attaching its tensor gives the same tokens as the chain', async () => {
  const pcm = chirp(1.2, 1.5);
  const passes = [{ maxNewTokens: 12 }];
  const forwarded = await generate(chain, passes, 40, (target) => extract(chain, pcm, forwardTo(target)));
  const features = (await extract(chain, pcm)).tensor!;
  const hidden = (await encode(chain, features)).tensor!;
  const speech = (await adapt(chain, hidden)).tensor!;
  assert.deepEqual(
    [features.shape, hidden.shape, speech.shape],
    [
      [120, 80],
      [60, 128],
      [17, 128],
    ],
  );
  const attached = await generate(chain, passes, speech.shape[0]!, (target) => attach(chain, target, speech));
  assert.deepEqual(attached.tokens, forwarded.tokens);
  await assertIdle(chain);
});

test('features spread their calls over two encoders', async () => {
  const runtime = { scheduler: chain.scheduler, telemetry: chain.telemetry };
  const common = { package: chain.tiny.directory };
  const adapters = [chain.adapter.address];
  const second = await serveEncoder(encoderConfigSchema.parse({ ...common, adapters }), runtime);
  const encoders = [chain.encoder.address, second.address];
  const features = await serveFeatures(featuresConfigSchema.parse({ ...common, encoders }), runtime);
  await Promise.all([second.ready, features.ready]);
  const spread = { ...chain, features };
  const used = await Promise.all(
    Array.from({ length: 6 }, async () => {
      let instance = '';
      await generate(spread, [{ maxNewTokens: 2 }], 40, async (target) => {
        instance = (await extract(spread, chirp(0.6), forwardTo(target))).stages[1]!.instance;
      });
      return instance;
    }),
  );
  assert.deepEqual(new Set(used), new Set(encoders));
  await features.drain();
  await second.drain();
  await assertIdle(chain);
});
