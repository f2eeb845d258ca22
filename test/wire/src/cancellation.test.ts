import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { f32Tensor } from '@osum/mesh';
import {
  featureExtractorDefinition,
  languageDecoderDefinition,
  modalityAdapterDefinition,
  PcmEncoding,
  speechEncoderDefinition,
} from '@osum/proto';
import { chirp, configThenFrames, extract, forwardTo, generateStream } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';
import { withSlowDevice } from './slow-device.js';

let chain: Chain;
before(async () => {
  chain = await startChain();
  await rememberGood(chain);
});
after(() => chain.close());

/** Sends the first `count` of `messages`, waits a moment, and leaves. True if there were that many. */
async function leaveAfter<M>(
  count: number,
  messages: AsyncIterable<M>,
  call: (
    requests: AsyncIterable<M>,
    options: { signal: AbortSignal },
  ) => PromiseLike<unknown> | AsyncIterable<unknown>,
): Promise<boolean> {
  const abort = new AbortController();
  let sent = 0;
  async function* some() {
    for await (const message of messages) {
      if (sent === count) {
        await sleep(10);
        abort.abort();
        return;
      }
      sent += 1;
      yield message;
    }
  }
  const answer = call(some(), { signal: abort.signal });
  const over = Symbol.asyncIterator in answer ? drain(answer) : Promise.resolve(answer);
  await over.catch(() => {});
  return sent === count && abort.signal.aborted;
}

async function drain(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses);
}

async function* pcmMessages() {
  yield { request: { case: 'config' as const, value: { encoding: PcmEncoding.F32LE } } };
  const samples = chirp(0.5);
  const bytes = new Uint8Array(samples.buffer);
  for (let at = 0; at < bytes.length; at += 8000) {
    yield { request: { case: 'pcm' as const, value: bytes.subarray(at, at + 8000) } };
  }
}

const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
const features = f32Tensor('features', [50, 80], values(50 * 80));
const hidden = f32Tensor('hidden', [25, 128], values(25 * 128));
const speech = f32Tensor('speech', [9, 128], values(9 * 128));

describe('a caller that leaves after each of its messages', () => {
  test('FeatureExtractor.Extract', async () => {
    const client = chain.channels.client(featureExtractorDefinition, chain.features.address);
    for (let count = 0; await leaveAfter(count, pcmMessages(), client.extract); count++)
      await assertStillGood(chain);
  });

  test('SpeechEncoder.Encode', async () => {
    const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
    for (let count = 0; await leaveAfter(count, configThenFrames(features), client.encode); count++) {
      await assertStillGood(chain);
    }
  });

  test('ModalityAdapter.Adapt', async () => {
    const client = chain.channels.client(modalityAdapterDefinition, chain.adapter.address);
    for (let count = 0; await leaveAfter(count, configThenFrames(hidden), client.adapt); count++) {
      await assertStillGood(chain);
    }
  });

  test('LanguageDecoder.Attach, which ends the session too', async () => {
    const client = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
    for (let count = 0, whole = false; !whole; count++) {
      const responses = generateStream(chain, [{ maxNewTokens: 3 }], 20)[Symbol.asyncIterator]();
      const first = await responses.next();
      assert.ok(!first.done && first.value.response.case === 'admitted');
      const { sessionId, token } = first.value.response.value.attach!;
      async function* messages() {
        yield { request: { case: 'attach' as const, value: { sessionId, token } } };
        for await (const { request } of configThenFrames(speech)) {
          if (request.case === 'frame') yield { request };
        }
      }
      whole = !(await leaveAfter(count, messages(), client.attach));
      if (count === 0) await responses.return?.();
      else await drainRest(responses).catch(() => {});
      await assertStillGood(chain);
    }
  });
});

async function drainRest(responses: AsyncIterator<unknown>): Promise<void> {
  while (!(await responses.next()).done);
}

describe('a caller of Generate that leaves', () => {
  for (const after of [0, 1, 2, 5, 20]) {
    test(`after ${after} answers`, async () => {
      const abort = new AbortController();
      let seen = 0;
      const reading = (async () => {
        const stream = generateStream(chain, [{ maxNewTokens: 300 }, { maxNewTokens: 300 }], 40, {
          signal: abort.signal,
        });
        if (after === 0) setTimeout(() => abort.abort(), 1);
        for await (const { response } of stream) {
          if (response.case === 'admitted' && after > 1) {
            extract(chain, chirp(0.7), forwardTo(response.value.attach!)).catch(() => {});
          }
          seen += 1;
          if (seen === after) abort.abort();
        }
      })();
      await reading.catch(() => {});
      assert.ok(seen >= after);
      await assertStillGood(chain);
    });
  }
});

describe('a caller that leaves while the device works', () => {
  for (const delayMs of [5, 30, 80, 150, 250]) {
    test(`on a forwarded utterance, ${delayMs} ms after it was sent`, async () => {
      await withSlowDevice(chain, 1500, async () => {
        const abort = new AbortController();
        const responses = generateStream(chain, [{ maxNewTokens: 50 }], 40, { signal: abort.signal })[
          Symbol.asyncIterator
        ]();
        const first = await responses.next();
        assert.ok(!first.done && first.value.response.case === 'admitted');
        const forward = forwardTo(first.value.response.value.attach!);
        const call = extract(chain, chirp(0.7), forward, { signal: abort.signal }).catch(() => {});
        const rest = drainRest(responses).catch(() => {});
        await sleep(delayMs);
        abort.abort();
        await Promise.all([call, rest]);
      });
      await assertStillGood(chain);
    });
  }
});
