import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteError } from '@osum/mesh';
import { chirp, extract } from './calls.js';
import { startChain } from './chain-fixture.js';
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
  const flood = await withSlowDevice(chain, 2000, async () => {
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
