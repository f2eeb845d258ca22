import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { speechEncoderDefinition, speechUnderstandingDefinition } from '@osum/proto';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';

// Every timeout of the configuration, made so small that a stream of a few seconds has to outlive them all.
const timeouts = {
  streamIdleMs: 1_000,
  unaryTimeoutMs: 500,
  requestHeadersMs: 500,
  connectionIdleMs: 500,
  // The peers answer its pings, so this one ends no stream; how long an answer may take is left as it is.
  keepaliveIntervalMs: 1_000,
  drainMs: 500,
  connectTimeoutMs: 500,
};
const streamMs = 4 * timeouts.streamIdleMs;
const stepMs = timeouts.streamIdleMs / 4;

let fronted: Fronted;
before(async () => {
  fronted = await startFronted(timeouts);
});
after(() => fronted?.end());

const understand = (requests: AsyncIterable<object>) =>
  fronted.channels.client(speechUnderstandingDefinition, fronted.door).understand(requests);

test('a stream in which only the caller speaks outlives every timeout', async () => {
  async function* speaking() {
    for (let spentMs = 0; spentMs < streamMs; spentMs += stepMs) {
      yield { request: { case: 'audio' as const, value: new Uint8Array(64) } };
      await sleep(stepMs);
    }
  }
  assert.equal((await messagesOf(understand(speaking()))).length, 2);
});

test('a stream in which nothing moves in either direction ends', async () => {
  async function* silent() {
    yield { request: { case: 'audio' as const, value: new Uint8Array(64) } };
    await sleep(streamMs, undefined, { ref: false });
  }
  const began = performance.now();
  const { kind } = await failureOf(understand(silent()));
  assert.equal(kind, 'stageUnreachable');
  assert.ok(performance.now() - began < streamMs, 'it ended before the caller did');
});

test('a call of which nothing was answered while nothing moved ends with DEADLINE_EXCEEDED', async () => {
  fronted.behaviour.before = (_call, { signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  async function* nothing(): AsyncGenerator<never> {}
  const { kind, details } = await failureOf(
    fronted.channels.client(speechEncoderDefinition, fronted.mesh).encode(nothing()),
  );
  delete fronted.behaviour.before;
  assert.equal(kind, 'requestStalled');
  assert.match(details, /Nothing moved in the call for 1 s/);
});
