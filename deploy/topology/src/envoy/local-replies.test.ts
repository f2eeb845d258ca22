import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import {
  health,
  languageDecoderDefinition,
  serviceDefinition,
  speechEncoderDefinition,
  speechUnderstandingDefinition,
} from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';

let fronted: Fronted;
before(async () => {
  fronted = await startFronted({ maxRequests: 1, unaryTimeoutMs: 2_000 });
});
after(() => fronted?.end());

async function* noMessages(): AsyncGenerator<never> {}

test('an open circuit refuses as a full queue does: RESOURCE_EXHAUSTED with a pushback', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = () => {};
  const first = new Promise<void>((resolve) => {
    entered = resolve;
  });
  fronted.behaviour.before = () => {
    entered();
    return held;
  };
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  const answer = messagesOf(client.encode(noMessages()));
  await first;
  const { code, kind, pushbackMs, details } = await failureOf(client.encode(noMessages()));
  release();
  assert.deepEqual(
    { code, kind, pushbackMs },
    { code: status.RESOURCE_EXHAUSTED, kind: 'queueFull', pushbackMs: 500 },
  );
  assert.match(details, /\(Envoy: UO encoder\)/);
  assert.equal((await answer).length, 2);
  delete fronted.behaviour.before;
});

test('a unary call that takes too long ends with DEADLINE_EXCEEDED', async () => {
  fronted.behaviour.before = (_call, { signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  const { kind, details } = await failureOf(
    fronted.channels.client(speechUnderstandingDefinition, fronted.door).describe({}),
  );
  assert.equal(kind, 'deadlinePassed');
  assert.match(details, /\(Envoy: UT router\)/);
  delete fronted.behaviour.before;
});

test('Attach is refused between the stages, with the way to go', async () => {
  const client = fronted.channels.client(languageDecoderDefinition, fronted.mesh);
  const { code, details } = await failureOf(client.attach(noMessages()));
  assert.equal(code, status.UNIMPLEMENTED);
  assert.match(details, /Attach goes to the instance that Generate named/);
});

test('a watch of health between the stages gets UNIMPLEMENTED, which clients take for an instance that serves', async () => {
  const client = fronted.channels.client(serviceDefinition(health.Health), fronted.mesh);
  const { code } = await failureOf(client.watch({ service: 'osum.v1.SpeechEncoder' }));
  assert.equal(code, status.UNIMPLEMENTED);
});

test('the stages cannot be called at the door, nor the routers between the stages', async () => {
  const encode = fronted.channels.client(speechEncoderDefinition, fronted.door).encode(noMessages());
  assert.equal((await failureOf(encode)).code, status.UNIMPLEMENTED);
  const describe = fronted.channels.client(speechUnderstandingDefinition, fronted.mesh).describe({});
  assert.equal((await failureOf(describe)).code, status.UNIMPLEMENTED);
});

test('a caller cannot change retries or timeouts by x-envoy headers', async () => {
  fronted.behaviour.before = () => new Promise((resolve) => setTimeout(resolve, 150));
  const metadata = new Metadata({ 'x-envoy-upstream-rq-timeout-ms': '1', 'x-envoy-max-retries': '5' });
  await fronted.channels.client(speechUnderstandingDefinition, fronted.door).describe({}, { metadata });
  delete fronted.behaviour.before;
});
