import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encoderConfigSchema, serveEncoder } from '@osum/encoder';
import { watchHealth } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { LanguageDecoder } from '@osum/proto';
import { chirp, extract, forwardTo, generate, generateStream } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { activeCalls, assertIdle } from './idle.js';
import { withSlowDevice } from './slow-device.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

const host = () => chain.scheduler.devices[0]!.backend.host!;

const lost = /device of this decoder failed and is being brought back/;

/** Opens a session and returns how to forward to it. */
async function openSession() {
  const abort = new AbortController();
  const options = { signal: abort.signal };
  const responses = generateStream(chain, [{ maxNewTokens: 200 }], 40, options)[Symbol.asyncIterator]();
  const first = await responses.next();
  assert.ok(!first.done && first.value.response.case === 'admitted');
  const over = (async () => {
    while (!(await responses.next()).done);
  })();
  over.catch(() => {});
  return { forward: forwardTo(first.value.response.value.attach!), over, leave: () => abort.abort() };
}

test('a stage that is down fails the utterance with UNAVAILABLE', async () => {
  const { forward, leave } = await openSession();
  const call = extract(chain, chirp(0.5), { ...forward, encoderAddress: '127.0.0.1:9' }, { timeoutMs: 5000 });
  const { retryElsewhere } = await refusedWith(
    call,
    'stageUnreachable',
    /SpeechEncoder cannot be reached: .*127\.0\.0\.1:9/,
  );
  assert.ok(retryElsewhere);
  leave();
  await assertStillGood(chain);
});

test('a stage that dies in the middle of an utterance fails it, and another instance answers the next', async () => {
  const runtime = { scheduler: chain.scheduler, telemetry: chain.telemetry };
  const config = encoderConfigSchema.parse({
    package: chain.tiny.directory,
    adapters: [chain.adapter.address],
  });
  const second = await serveEncoder(config, runtime);
  await second.ready;
  const { forward, leave } = await openSession();
  const failed = await withSlowDevice(chain, 4000, async () => {
    const call = extract(chain, chirp(1.5), { ...forward, encoderAddress: second.address });
    call.catch(() => {});
    while ((await activeCalls(chain, 'SpeechEncoder/Encode')) === 0) await sleep(2);
    await second.abort();
    return refusedWith(call, 'stageUnreachable', /SpeechEncoder broke off the call/);
  });
  assert.ok(failed.retryElsewhere);
  leave();
  await assertStillGood(chain);
});

test('an operator that faults fails what was in its step, and nothing is left behind', async () => {
  for (const launches of [1, 10, 40, 90, 150]) {
    const { forward, over, leave } = await openSession();
    host().injectFault('kernel', launches);
    const results = await Promise.allSettled([extract(chain, chirp(0.5), forward), over]);
    host().injectFault('none');
    assert.ok(
      results.some(({ status }) => status === 'rejected'),
      `a fault after ${launches} launches`,
    );
    leave();
    await backInService();
    await assertStillGood(chain);
  }
});

test('a lost device fails its sessions with UNAVAILABLE, is rebuilt, and answers as before', async () => {
  const { over } = await openSession();
  await sleep(50);
  host().injectFault('deviceLost', 0);
  const call = generate(chain, [{ mode: 3, instruction: 'x', maxNewTokens: 50 }]);
  await refusedWith(call, 'deviceLost', lost);
  await refusedWith(over, 'deviceLost', lost);
  await backInService();
  await assertIdle(chain);
  await assertStillGood(chain);
});

test('health follows the device', async () => {
  const seen: boolean[] = [];
  const watching = new AbortController();
  const watch = watchHealth(
    chain.channels,
    chain.decoder.address,
    LanguageDecoder.typeName,
    watching.signal,
    (serving) => {
      if (seen.at(-1) !== serving) seen.push(serving);
    },
  );
  while (seen.length === 0) await sleep(5);
  host().injectFault('deviceLost', 0);
  await generate(chain, [{ mode: 3, instruction: 'x', maxNewTokens: 5 }]).catch(() => {});
  await backInService();
  while (seen.length < 3) await sleep(5);
  assert.deepEqual(seen.slice(0, 3), [true, false, true]);
  watching.abort();
  await watch;
  await assertStillGood(chain);
});

async function backInService(): Promise<void> {
  while (chain.scheduler.health().some(({ state }) => state !== 'in-service')) await sleep(10);
  await sleep(100);
}
