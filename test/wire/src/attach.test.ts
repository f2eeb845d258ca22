import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { f32Tensor, type WireTensor } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { type AttachTarget, PromptMode } from '@osum/proto';
import { attach, generate, generateStream } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
before(async () => {
  chain = await startChain({ decoder: { attachTimeoutMs: 1500 } });
  await rememberGood(chain);
});
after(() => chain.close());

function speech(rows: number): WireTensor {
  return f32Tensor(
    'speech',
    [rows, 128],
    Float32Array.from({ length: rows * 128 }, (_, i) => Math.sin(i / 7)),
  );
}

/** What is said of a session that is not there, whatever the reason. */
const unknown = /has no session of this id and token here, or it is over; start one with Generate/;

/** Opens a session and leaves it waiting for speech; `over` settles with it. */
async function openSession(rows = 30): Promise<{ target: AttachTarget; over: Promise<void>; leave(): void }> {
  const abort = new AbortController();
  const responses = generateStream(chain, [{ maxNewTokens: 5 }], rows, { signal: abort.signal })[
    Symbol.asyncIterator
  ]();
  const first = await responses.next();
  assert.ok(!first.done && first.value.response.case === 'admitted');
  const over = (async () => {
    while (!(await responses.next()).done);
  })();
  over.catch(() => {});
  return { target: first.value.response.value.attach!, over, leave: () => abort.abort() };
}

test('an unknown session is refused with NOT_FOUND', async () => {
  const target = { address: chain.decoder.address, sessionId: 'nobody', token: 'x' } as AttachTarget;
  await refusedWith(attach(chain, target, speech(5)), 'unknownSession', unknown);
  await assertStillGood(chain);
});

test('a wrong token is refused as if there were no session, which then still takes its speech', async () => {
  const { target, over } = await openSession();
  await refusedWith(
    attach(chain, { ...target, token: `${target.token}x` }, speech(5)),
    'unknownSession',
    unknown,
  );
  await attach(chain, target, speech(5));
  await over;
  await assertStillGood(chain);
});

test("another tenant's session is refused as if there were none, and then still takes its speech", async () => {
  const { target, over } = await openSession();
  await refusedWith(attach(chain, target, speech(5), { tenant: 'eavesdropper' }), 'unknownSession', unknown);
  await attach(chain, target, speech(5));
  await over;
  await assertStillGood(chain);
});

test('a finished session is refused with NOT_FOUND', async () => {
  const { target, over } = await openSession();
  await attach(chain, target, speech(5));
  await over;
  await refusedWith(attach(chain, target, speech(5)), 'unknownSession', unknown);
  await assertStillGood(chain);
});

test('a cancelled session is refused with NOT_FOUND', async () => {
  const { target, over, leave } = await openSession();
  leave();
  await over.catch(() => {});
  await assertStillGood(chain);
  await refusedWith(attach(chain, target, speech(5)), 'unknownSession', unknown);
});

test('a second attach is refused with FAILED_PRECONDITION and the first one counts', async () => {
  const { target, over } = await openSession();
  const both = await Promise.allSettled([attach(chain, target, speech(5)), attach(chain, target, speech(6))]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const refused = both.find((one) => one.status === 'rejected')!;
  assert.ok(['wrongState', 'unknownSession'].includes((refused as PromiseRejectedResult).reason.kind));
  await over;
  await assertStillGood(chain);
});

test('more rows than were announced are refused with OUT_OF_RANGE, and the session is aborted', async () => {
  const { target, over } = await openSession(10);
  await refusedWith(attach(chain, target, speech(11)), 'tooLong', /11 rows of speech exceed the 10/);
  await refusedWith(over, 'sessionLost', /could not be attached: 11 rows .* Start the session again/);
  await assertStillGood(chain);
});

test('two rows are too few to hold speech', async () => {
  const { target, over } = await openSession();
  await refusedWith(attach(chain, target, speech(2)), 'badTensor', /at least 3 rows .* got 2/);
  await refusedWith(over, 'sessionLost', /could not be attached/);
  await assertStillGood(chain);
});

test('a session whose speech does not come in time is aborted', async () => {
  const { over } = await openSession();
  await refusedWith(over, 'sessionLost', /within 1500 ms/);
  await assertStillGood(chain);
});

test('a session without speech names no place to attach it', async () => {
  const passes = [{ mode: PromptMode.INTENT, instruction: 'what does she say?', maxNewTokens: 3 }];
  const { admitted } = await generate(chain, passes);
  assert.equal(admitted.attach, undefined);
  await assertStillGood(chain);
});
