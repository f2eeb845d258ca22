import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { f32Tensor, type RemoteError } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import { languageDecoderDefinition, PromptMode, speechEncoderDefinition } from '@osum/proto';
import { adapt, chirp, configThenFrames, encode, extract, type StageAnswer } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { withSlowDevice } from './slow-device.js';

const full = /The queue of \w+ is full \(2 entries, cost [\d.]+ of 600\); try again later/;
const taken = /All KV blocks or places are taken and 0 sessions wait for them; try again in \d+ ms/;
const tight = { maxBatchUtterances: 1, maxQueueUtterances: 2 };
const features = (frames: number) =>
  f32Tensor('features', [frames, 80], new Float32Array(frames * 80).fill(0.1));
const hidden = (positions: number) =>
  f32Tensor('hidden', [positions, 128], new Float32Array(positions * 128).fill(0.1));

const stages: readonly [string, (chain: Chain) => Promise<StageAnswer>][] = [
  ['features', (chain) => extract(chain, chirp(1))],
  ['encoder', (chain) => encode(chain, features(100))],
  ['adapter', (chain) => adapt(chain, hidden(50))],
];

for (const [name, call] of stages) {
  test(`a full queue of ${name} refuses with a pushback, and answers the rest`, async (t) => {
    const chain = await startChain({ features: tight, encoder: tight, adapter: tight });
    t.after(() => chain.close());
    await rememberGood(chain);
    const results = await withSlowDevice(chain, 3000, () =>
      Promise.allSettled(Array.from({ length: 8 }, () => call(chain))),
    );
    const refused = results
      .filter((one) => one.status === 'rejected')
      .map(({ reason }) => reason as RemoteError);
    assert.ok(refused.length >= 4 && refused.length < 8, `${refused.length} of 8 were refused`);
    for (const error of refused) {
      assert.equal(error.kind, 'queueFull');
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.match(error.message, full);
      assert.ok(error.pushbackMs! > 0);
    }
    await assertStillGood(chain);
  });
}

test('a refusal comes without headers, so that clients may retry it', async (t) => {
  const chain = await startChain({ encoder: tight, decoder: { maxWaiting: 0, maxSequences: 1 } });
  t.after(() => chain.close());
  await rememberGood(chain);
  const seen: string[] = [];
  const watching = {
    onHeader: () => void seen.push('header'),
    onTrailer: (trailer: { get(key: string): unknown }) =>
      void seen.push(`pushback ${trailer.get('grpc-retry-pushback-ms')}`),
  };
  await withSlowDevice(chain, 3000, async () => {
    const busy = Array.from({ length: 3 }, () => encode(chain, features(100)));
    while (queued(chain) < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
    await refusedWith(drain(client.encode(configThenFrames(features(100)), watching)), 'queueFull', full);
    await Promise.all(busy);
  });
  const decoder = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
  const passes = [{ mode: PromptMode.CHAT, maxNewTokens: 5 }];
  const abort = new AbortController();
  const holder = decoder
    .generate({ passes, speechRows: 20 }, { signal: abort.signal })
    [Symbol.asyncIterator]();
  await holder.next();
  await refusedWith(drain(decoder.generate({ passes, speechRows: 20 }, watching)), 'queueFull', taken);
  abort.abort();
  await holder.next().catch(() => {});
  assert.equal(seen.length, 2, seen.join(', '));
  for (const one of seen) assert.match(one, /^pushback \d+$/);
  await assertStillGood(chain);
});

test('sessions wait for KV blocks in order and all are answered', async (t) => {
  const chain = await startChain({ decoder: { kvBlocks: 5, maxSequences: 2, maxWaiting: 20 } });
  t.after(() => chain.close());
  await rememberGood(chain);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      drain(
        chain.channels.client(languageDecoderDefinition, chain.decoder.address).generate({
          passes: [{ mode: PromptMode.INTENT, instruction: 'what is it?', maxNewTokens: 300 }],
        }),
      ),
    ),
  );
  assert.equal(answers.length, 10);
  await assertStillGood(chain);
});

async function drain(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses);
}

function queued({ telemetry }: Chain): number {
  const gauge = telemetry.registry.getSingleMetric('osum_queue_entries') as unknown as {
    hashMap: Record<string, { value: number; labels: { queue: string } }>;
  };
  return Object.values(gauge.hashMap).reduce(
    (sum, { value, labels }) => sum + (labels.queue === 'encoder' ? value : 0),
    0,
  );
}
