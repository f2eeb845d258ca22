import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  type AttachRequestSchema,
  LanguageDecoder,
  languageDecoderDefinition,
  SpeechUnderstanding,
  speechUnderstandingDefinition,
} from '@osum/proto';
import { bindService } from '../server/bind-service.js';
import { startServer } from '../server/server.js';
import { MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { pushbackFromText } from '../status/status-details.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { createChannels } from './channels.js';
import { createRetryThrottle } from './retry-throttle.js';

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });

/** What the server does at each attempt in turn: fail with this error, or succeed. */
let script: (MeshError | undefined)[] = [];
let attempts: { atMs: number; previous: string | undefined }[] = [];
beforeEach(() => {
  script = [];
  attempts = [];
});

function act(metadata: { get(key: string): unknown }): void {
  attempts.push({
    atMs: performance.now(),
    previous: metadata.get('grpc-previous-rpc-attempts') as string | undefined,
  });
  const error = script.shift();
  if (error) throw error;
}

const understanding = bindService(SpeechUnderstanding, {
  async interpret(request, { metadata }) {
    act(metadata);
    return { plan: { tags: request.instruction } };
  },
  async describe() {
    return {};
  },
  async *understand() {},
});
const decoder = bindService(LanguageDecoder, {
  async *generate(_, { metadata }) {
    act(metadata);
    yield { response: { case: 'admitted', value: {} } };
    const error = script.shift();
    if (error) throw error;
  },
  async attach(requests, { metadata }) {
    const names: string[] = [];
    for await (const { request } of requests) {
      if (request.case === 'attach') names.push(request.value.sessionId);
      if (names.length === 2) act(metadata);
    }
    return { report: { instance: names.join() } };
  },
});
const server = await startServer({
  stage: 'test',
  listen: '127.0.0.1:0',
  services: [understanding, decoder],
  telemetry,
});
const channels = createChannels({ telemetry });
const client = channels.client(speechUnderstandingDefinition, server.address);
const decoderClient = channels.client(languageDecoderDefinition, server.address);
after(() => {
  channels.close();
  server.abort();
});

const full = (pushbackMs?: number) =>
  new MeshError('queueFull', 'full', pushbackMs === undefined ? {} : { pushbackMs });
const retry = { maxAttempts: 3, initialBackoffMs: 10 };

function codeIs(code: status) {
  return (error: unknown) => error instanceof RemoteError && error.code === code;
}

test('without the option nothing is retried', async () => {
  script = [full(1)];
  await assert.rejects(client.interpret({ instruction: 'x' }), codeIs(status.RESOURCE_EXHAUSTED));
  assert.equal(attempts.length, 1);
});

test('a call is repeated until it succeeds, and tells how often it was tried', async () => {
  script = [full(5), new MeshError('draining', 'bye')];
  const { plan } = await client.interpret({ instruction: 'x' }, { retry });
  assert.equal(plan?.tags, 'x');
  assert.deepEqual(
    attempts.map(({ previous }) => previous),
    [undefined, '1', '2'],
  );
});

test('the pushback of the server replaces the backoff', async () => {
  script = [full(150)];
  await client.interpret({ instruction: 'x' }, { retry });
  const waitedMs = attempts[1]!.atMs - attempts[0]!.atMs;
  assert.ok(waitedMs >= 145 && waitedMs < 10_000, `${waitedMs}`);
});

test('a negative pushback forbids the retry', async () => {
  script = [full(-1)];
  await assert.rejects(client.interpret({ instruction: 'x' }, { retry }), codeIs(status.RESOURCE_EXHAUSTED));
  assert.equal(attempts.length, 1);
});

test('a call that is refused as too much is repeated only if the server says when', async () => {
  script = [full()];
  await assert.rejects(client.interpret({ instruction: 'x' }, { retry }), codeIs(status.RESOURCE_EXHAUSTED));
  assert.equal(attempts.length, 1);
  script = [full(0)];
  await client.interpret({ instruction: 'x' }, { retry });
  assert.equal(attempts.length, 3);
});

test('attempts are bounded, and other statuses are not retried', async () => {
  script = [full(1), full(1), full(1), full(1)];
  await assert.rejects(client.interpret({ instruction: 'x' }, { retry }), codeIs(status.RESOURCE_EXHAUSTED));
  assert.equal(attempts.length, 3);
  script = [new MeshError('badRequest', 'bad')];
  await assert.rejects(client.interpret({ instruction: 'x' }, { retry }), codeIs(status.INVALID_ARGUMENT));
  assert.equal(attempts.length, 4);
});

test('no retry waits past the deadline', async () => {
  script = [full(60_000)];
  const began = performance.now();
  await assert.rejects(
    client.interpret({ instruction: 'x' }, { retry, timeoutMs: 20_000 }),
    codeIs(status.RESOURCE_EXHAUSTED),
  );
  assert.ok(performance.now() - began < 15_000);
});

test('a server stream is retried before its first message, and never after', async () => {
  script = [full(1), undefined];
  const seen: unknown[] = [];
  for await (const { response } of decoderClient.generate({}, { retry })) seen.push(response.case);
  assert.deepEqual(seen, ['admitted']);
  assert.equal(attempts.length, 2);

  script = [undefined, full(1)];
  const calls = attempts.length;
  await assert.rejects(async () => {
    for await (const _ of decoderClient.generate({}, { retry }));
  }, codeIs(status.RESOURCE_EXHAUSTED));
  assert.equal(attempts.length, calls + 1);
});

async function* names(count: number): AsyncGenerator<MessageInitShape<typeof AttachRequestSchema>> {
  for (let i = 0; i < count; i++) yield { request: { case: 'attach', value: { sessionId: `${i}` } } };
}

test('a request stream is replayed from its start', async () => {
  script = [full(1)];
  const { report } = await decoderClient.attach(names(5), { retry });
  assert.equal(report?.instance, '0,1,2,3,4');
});

test('a request stream longer than what is remembered is not retried', async () => {
  script = [full(1)];
  const call = decoderClient.attach(names(50), { retry: { ...retry, replayMessages: 1 } });
  await assert.rejects(call, codeIs(status.RESOURCE_EXHAUSTED));
});

test('pushbacks are read as gRFC A6 says', () => {
  assert.equal(pushbackFromText(undefined), undefined);
  assert.equal(pushbackFromText('0'), 0);
  assert.equal(pushbackFromText('1500'), 1500);
  for (const text of ['-1', '-1000', '', 'soon', '1.5', '99999999999'])
    assert.equal(pushbackFromText(text), -1, text);
});

test('the throttle stops retries while half of its tokens are gone', () => {
  const throttle = createRetryThrottle(4, 1);
  assert.equal(throttle.failed(), true);
  assert.equal(throttle.failed(), false);
  assert.equal(throttle.failed(), false);
  throttle.succeeded();
  throttle.succeeded();
  throttle.succeeded();
  assert.equal(throttle.failed(), true);
});
