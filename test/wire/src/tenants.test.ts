import assert from 'node:assert/strict';
import { test } from 'node:test';
import { f32Tensor, type RemoteError } from '@osum/mesh';
import { chirp, encode, extract } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { withSlowDevice } from './slow-device.js';

test('a tenant that floods a stage neither delays another nor has it refused', async (t) => {
  const chain = await startChain({ features: { maxBatchUtterances: 1, maxQueueUtterances: 8 } });
  t.after(() => chain.close());
  await rememberGood(chain);
  const ended: string[] = [];
  const call = async (tenant: string) => {
    await extract(chain, chirp(1), undefined, { tenant });
    ended.push(tenant);
  };
  // So slow that the guest's request is there before the flood is over, however busy the machine is.
  const flood = await withSlowDevice(chain, 20_000, async () => {
    const calls = Array.from({ length: 20 }, () => call('flood'));
    for (const one of calls) one.catch(() => {});
    // The queue is full once it refuses.
    await Promise.race(
      calls.map((one) =>
        one.then(
          () => new Promise(() => {}),
          () => {},
        ),
      ),
    );
    await call('guest');
    return Promise.allSettled(calls);
  });
  const before = ended.indexOf('guest');
  assert.ok(before >= 0 && before <= 3, `the guest was answered after ${before} of the flood`);
  const refusals = flood
    .filter((one) => one.status === 'rejected')
    .map(({ reason }) => reason as RemoteError);
  for (const { kind, pushbackMs } of refusals) {
    assert.ok(kind === 'queueFull' || kind === 'tenantOverShare', kind);
    assert.ok(pushbackMs! > 0);
  }
  await assertStillGood(chain);
});

const weighted: Readonly<
  Record<'features' | 'encoder', (chain: Chain, seconds: number, tenant: string) => Promise<unknown>>
> = {
  features: (chain, seconds, tenant) => extract(chain, chirp(seconds), undefined, { tenant }),
  encoder(chain, seconds, tenant) {
    const frames = seconds * 100;
    const features = f32Tensor('features', [frames, 80], new Float32Array(frames * 80).fill(0.1));
    return encode(chain, features, undefined, { tenant });
  },
};

for (const [stage, request] of Object.entries(weighted)) {
  test(`tenants that flood ${stage} get seconds of audio in proportion to their weights`, async (t) => {
    const batching = { maxBatchUtterances: 1, maxQueueUtterances: 64, maxQueueAudioSeconds: 600 };
    const chain = await startChain({ [stage]: { ...batching, tenantWeights: ['gold=3'] } });
    t.after(() => chain.close());
    await rememberGood(chain);
    const clipSeconds = { gold: 1, basic: 0.5 };
    const served = { gold: 0, basic: 0 };
    let ended = 0;
    const call = async (tenant: keyof typeof served) => {
      await request(chain, clipSeconds[tenant], tenant);
      ended += 1;
      // While both still have clips that wait, what is served is shared.
      if (ended <= 24) served[tenant] += clipSeconds[tenant];
    };
    await withSlowDevice(chain, 2000, () =>
      Promise.all(Array.from({ length: 24 }, () => [call('gold'), call('basic')]).flat()),
    );
    const ratio = served.gold / served.basic;
    assert.ok(ratio > 2 && ratio < 4, `gold got ${served.gold} s, basic ${served.basic} s`);
    await assertStillGood(chain);
  });
}
