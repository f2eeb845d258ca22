import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RemoteError } from '@osum/mesh';
import { refusedWith } from '@osum/mesh/testing';
import {
  featureExtractorDefinition,
  languageDecoderDefinition,
  modalityAdapterDefinition,
  speechEncoderDefinition,
} from '@osum/proto';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

// Stages that take tensors of the Open Inference Protocol, which come in one message, have the higher limit.
const wholeTensors = 16 * 2 ** 20;
const frames = 4 * 2 ** 20;

async function* once<T>(message: T): AsyncGenerator<T> {
  yield message;
}

async function* frame(bytes: number) {
  const chunk = { frame: { case: 'chunk' as const, value: { data: new Uint8Array(bytes) } } };
  yield* once({ request: { case: 'frame' as const, value: chunk } });
}

async function drained(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses);
}

/** For each method the limit of its stage, and a call with a message of about so many bytes. */
const methods: Readonly<Record<string, readonly [number, (bytes: number) => Promise<unknown>]>> = {
  Extract: [
    wholeTensors,
    (bytes) => {
      const client = chain.channels.client(featureExtractorDefinition, chain.features.address);
      const message = { request: { case: 'pcm' as const, value: new Uint8Array(bytes) } };
      return drained(client.extract(once(message), { retry: {} }));
    },
  ],
  Encode: [
    wholeTensors,
    (bytes) => {
      const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
      return drained(client.encode(frame(bytes), { retry: {} }));
    },
  ],
  Adapt: [
    wholeTensors,
    (bytes) => {
      const client = chain.channels.client(modalityAdapterDefinition, chain.adapter.address);
      return drained(client.adapt(frame(bytes), { retry: {} }));
    },
  ],
  Generate: [
    frames,
    (bytes) => {
      const client = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
      return drained(client.generate({ passes: [{ instruction: 'x'.repeat(bytes) }] }, { retry: {} }));
    },
  ],
  Attach: [
    frames,
    (bytes) => {
      const client = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
      return client.attach(frame(bytes), { retry: {} });
    },
  ],
};

for (const [method, [limit, call]] of Object.entries(methods)) {
  test(`a message above ${limit / 2 ** 20} MiB ends a call of ${method} with RESOURCE_EXHAUSTED, not to be repeated, and the stage serves on`, async () => {
    const says = new RegExp(`larger than max \\(\\d+ vs ${limit}\\); send smaller messages`);
    const { pushbackMs, facts } = await refusedWith(call(limit + 1), 'messageTooLarge', says);
    assert.equal(pushbackMs, -1);
    assert.deepEqual(facts, { limitBytes: String(limit) });
    const below = await call(limit - 100).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(!(below instanceof RemoteError) || below.kind !== 'messageTooLarge', String(below));
    await assertStillGood(chain);
  });
}
