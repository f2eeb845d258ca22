import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { f32Tensor } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { PromptMode } from '@osum/proto';
import { adapt, chirp, encode, extract, forwardTo, generate, generateStream, type Options } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { withSlowDevice } from './slow-device.js';

let chain: Chain;
before(async () => {
  const one = { maxBatchUtterances: 1 };
  chain = await startChain({
    features: one,
    encoder: one,
    adapter: one,
    decoder: { kvBlocks: 6, maxSequences: 2 },
  });
  await rememberGood(chain);
});
after(() => chain.close());

/** The stage that gave up names itself; the client, if it was first, does not know it. */
const passed = /The deadline passed( in (features|encoder|adapter|decoder))?; the call had \d+ ms/;

const constant = (name: string, shape: [number, number]) =>
  f32Tensor(name, shape, new Float32Array(shape[0] * shape[1]).fill(0.1));

const stages: readonly [string, (options?: Options) => Promise<unknown>][] = [
  ['features', (options) => extract(chain, chirp(1), undefined, options)],
  ['encoder', (options) => encode(chain, constant('features', [100, 80]), undefined, options)],
  ['adapter', (options) => adapt(chain, constant('hidden', [50, 128]), undefined, options)],
];

for (const [name, call] of stages) {
  test(`a deadline that passes in the queue of ${name} ends the call there`, async () => {
    await withSlowDevice(chain, 4000, async () => {
      const busy = Array.from({ length: 3 }, () => call());
      await refusedWith(call({ timeoutMs: 60 }), 'deadlinePassed', passed);
      await Promise.all(busy);
    });
    await assertStillGood(chain);
  });
}

test('a deadline that passes while a session waits for KV blocks ends it there', async () => {
  const holder = new AbortController();
  const held = generateStream(chain, [{ mode: PromptMode.CHAT }], 20, { signal: holder.signal })[
    Symbol.asyncIterator
  ]();
  await held.next();
  const call = generate(chain, [{ mode: PromptMode.CHAT }], 200, undefined, { timeoutMs: 80 });
  await refusedWith(call, 'deadlinePassed', passed);
  holder.abort();
  await held.next().catch(() => {});
  await assertStillGood(chain);
});

test('a deadline that passes while a session waits for its speech ends it', async () => {
  await refusedWith(
    generate(chain, [{ mode: PromptMode.CHAT }], 20, undefined, { timeoutMs: 80 }),
    'deadlinePassed',
    passed,
  );
  await assertStillGood(chain);
});

test('a deadline that passes while tokens come ends the session', async () => {
  await withSlowDevice(chain, 1000, async () => {
    const pass = { mode: PromptMode.INTENT, instruction: 'x', maxNewTokens: 400 };
    await refusedWith(generate(chain, [pass], 0, undefined, { timeoutMs: 150 }), 'deadlinePassed', passed);
  });
  await assertStillGood(chain);
});

test('the remaining time goes with a forwarded utterance: the last stage ends it when it passes', async () => {
  await withSlowDevice(chain, 2000, async () => {
    const responses = generateStream(chain, [{ maxNewTokens: 3 }], 40)[Symbol.asyncIterator]();
    const first = await responses.next();
    assert.ok(!first.done && first.value.response.case === 'admitted');
    const forward = forwardTo(first.value.response.value.attach!);
    await refusedWith(extract(chain, chirp(1), forward, { timeoutMs: 120 }), 'deadlinePassed', passed);
    await responses.return?.();
  });
  await assertStillGood(chain);
});
