import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { trace } from '@opentelemetry/api';
import { type EncodeRequestSchema, SpeechEncoder, speechEncoderDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { outgoing } from '../client/call-options.js';
import { type Channels, createChannels, type MeshClient } from '../client/channels.js';
import { MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { bindService, type ServiceHandlers } from './bind-service.js';
import type { MeshContext } from './mesh-context.js';
import { type RunningServer, type ServerOptions, startServer } from './server.js';

type Encode = ServiceHandlers<typeof SpeechEncoder.method>['encode'];
type EncodeInit = MessageInitShape<typeof EncodeRequestSchema>;

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });

async function withServer(
  encode: Encode,
  check: (
    client: MeshClient<typeof speechEncoderDefinition>,
    server: RunningServer,
    channels: Channels,
  ) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  const services = [bindService(SpeechEncoder, { encode })];
  const server = await startServer({
    stage: 'encoder',
    listen: '127.0.0.1:0',
    services,
    telemetry,
    ...options,
  });
  const channels = createChannels({ telemetry });
  try {
    await check(channels.client(speechEncoderDefinition, server.address), server, channels);
  } finally {
    channels.close();
    server.abort();
  }
}

async function* requests(...cases: EncodeInit[]): AsyncGenerator<EncodeInit> {
  yield* cases;
}
async function* openEnded(signal: AbortSignal): AsyncGenerator<EncodeInit> {
  yield config;
  await once(signal, 'abort');
}
const config: EncodeInit = { request: { case: 'config', value: { model: 'm' } } };
const report = { response: { case: 'report' as const, value: { stages: [] } } };

async function failureOf(call: AsyncIterable<unknown>): Promise<RemoteError> {
  try {
    for await (const _ of call);
  } catch (error) {
    assert.ok(error instanceof RemoteError, `expected a RemoteError, got ${error}`);
    return error;
  }
  return assert.fail('the call succeeded');
}

test('a call streams both ways', async () => {
  await withServer(
    async function* (messages) {
      for await (const { request } of messages) {
        if (request.case === 'config')
          yield { response: { case: 'report', value: { stages: [{ instance: request.value.model }] } } };
      }
    },
    async (client) => {
      const instances: (string | undefined)[] = [];
      for await (const { response } of client.encode(requests(config, config))) {
        if (response.case === 'report') instances.push(response.value.stages[0]?.instance);
      }
      assert.deepEqual(instances, ['m', 'm']);
    },
  );
});

test('a refusal reaches the client without headers, with its pushback, kind and facts', async () => {
  await withServer(
    // biome-ignore lint/correctness/useYield: a refusal yields nothing
    async function* () {
      throw new MeshError('queueFull', 'full', { pushbackMs: 250, facts: { limit: '7' } });
    },
    async (client) => {
      let headers = 0;
      const error = await failureOf(client.encode(requests(config), { onHeader: () => headers++ }));
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.equal(error.details, 'full');
      assert.equal(error.kind, 'queueFull');
      assert.equal(error.pushbackMs, 250);
      assert.deepEqual(error.facts, { limit: '7' });
      assert.equal(headers, 0);
    },
  );
});

test('field violations travel', async () => {
  const violations = [{ field: 'config.model', description: 'is not served here' }];
  await withServer(
    // biome-ignore lint/correctness/useYield: a refusal yields nothing
    async function* () {
      throw new MeshError('badRequest', 'bad', { violations });
    },
    async (client) => {
      const error = await failureOf(client.encode(requests(config)));
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.deepEqual(error.violations, violations);
    },
  );
});

test('an unexpected error is INTERNAL, tells the client nothing, and is logged with its stack', async () => {
  const lines: string[] = [];
  const logged = createTelemetry({
    name: 'test',
    logDestination: { write: (line) => void lines.push(line) },
  });
  await withServer(
    // biome-ignore lint/correctness/useYield: it throws
    async function* () {
      throw new TypeError('a secret');
    },
    async (client) => {
      const error = await failureOf(client.encode(requests(config)));
      assert.equal(error.code, status.INTERNAL);
      assert.ok(!error.details.includes('secret'));
      assert.ok(lines.some((line) => line.includes('a secret') && line.includes('server.test')));
    },
    { telemetry: logged },
  );
});

test('mapError turns errors of other packages into rows of the table', async () => {
  await withServer(
    // biome-ignore lint/correctness/useYield: it throws
    async function* () {
      throw new RangeError('device 3 is gone');
    },
    async (client) => {
      const error = await failureOf(client.encode(requests(config)));
      assert.equal(error.kind, 'deviceLost');
      assert.equal(error.code, status.UNAVAILABLE);
    },
    {
      mapError: (error) =>
        error instanceof RangeError ? new MeshError('deviceLost', error.message) : undefined,
    },
  );
});

test('the deadline reaches the handler, aborts it, and the status names stage and budget', async () => {
  let seen: MeshContext | undefined;
  await withServer(
    // biome-ignore lint/correctness/useYield: it waits for ever
    async function* (_, context) {
      seen = context;
      await once(context.signal, 'abort');
      throw context.signal.reason;
    },
    async (client) => {
      const before = Date.now();
      // Set by hand, so that the client has no timer of its own that could be first.
      const metadata = Metadata({ 'grpc-timeout': '2000m' });
      const error = await failureOf(client.encode(requests(config), { metadata }));
      assert.equal(error.code, status.DEADLINE_EXCEEDED);
      assert.equal(error.kind, 'deadlinePassed');
      assert.equal(error.facts.stage, 'test');
      assert.ok(Number(error.facts.budgetMs) <= 2000);
      const deadlineMs = seen!.deadlineEpochMs - before;
      assert.ok(deadlineMs >= 2000 && deadlineMs < 60_000, `${deadlineMs}`);
    },
  );
});

test('a client gives up at its deadline even if the server does not answer', async () => {
  await withServer(
    async function* () {
      await new Promise(() => {});
    },
    async (client) => {
      const error = await failureOf(client.encode(requests(config), { timeoutMs: 100 }));
      assert.equal(error.code, status.DEADLINE_EXCEEDED);
      assert.equal(error.facts.budgetMs, '100');
      const late = await failureOf(client.encode(requests(config), { deadlineEpochMs: Date.now() - 1 }));
      assert.equal(late.code, status.DEADLINE_EXCEEDED);
    },
  );
});

test('without a deadline the handler sees none, and a caller cannot forge one', async () => {
  let seen: MeshContext | undefined;
  await withServer(
    async function* (_, context) {
      seen = context;
      yield report;
    },
    async (client) => {
      for await (const _ of client.encode(requests(config), {
        metadata: Metadata({ 'osum-internal-deadline': '5' }),
      }));
      assert.equal(seen!.deadlineEpochMs, Number.POSITIVE_INFINITY);
    },
  );
});

test('deadline, tenant and trace go on to the next hop', async () => {
  const seen: MeshContext[] = [];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await withServer(
    async function* (_, context) {
      seen.push(context);
      yield report;
    },
    async (last, _server, channels) => {
      await withServer(
        async function* (_, context) {
          seen.push(context);
          for await (const _ of last.encode(requests(config), outgoing(context)));
          yield report;
        },
        async (_first, middle) => {
          const client = channels.client(speechEncoderDefinition, middle.address);
          const metadata = Metadata({ traceparent });
          for await (const _ of client.encode(requests(config), {
            metadata,
            tenant: 'acme',
            timeoutMs: 5000,
          }));
        },
      );
    },
  );
  const [middle, last] = seen;
  assert.equal(middle?.tenant, 'acme');
  assert.equal(last?.tenant, 'acme');
  assert.ok(Math.abs(last!.deadlineEpochMs - middle!.deadlineEpochMs) < 5000);
  assert.equal(trace.getSpanContext(last!.trace)?.traceId, traceparent.split('-')[1]);
});

test('a client that leaves aborts the handler, also while it waits for the next request', async () => {
  const outcomes: unknown[] = [];
  await withServer(
    async function* (messages, context) {
      try {
        yield report;
        for await (const _ of messages);
        outcomes.push('ended');
      } catch (error) {
        outcomes.push(error);
      } finally {
        outcomes.push(context.signal.aborted);
      }
    },
    async (client) => {
      const leave = new AbortController();
      const call = client.encode(openEnded(leave.signal), { signal: leave.signal });
      await assert.rejects(async () => {
        for await (const _ of call) leave.abort();
      });
      for (let i = 0; i < 100 && outcomes.length < 2; i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(outcomes.length, 2);
      assert.notEqual(outcomes[0], 'ended');
      assert.equal(outcomes[1], true);
    },
  );
});

test('a message above the limit is refused with RESOURCE_EXHAUSTED, and the next call succeeds', async () => {
  await withServer(
    async function* (messages) {
      for await (const _ of messages);
      yield report;
    },
    async (client) => {
      const chunk = { case: 'chunk' as const, value: { data: new Uint8Array(4096) } };
      const error = await failureOf(
        client.encode(requests({ request: { case: 'frame', value: { frame: chunk } } })),
      );
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.equal(error.kind, 'messageTooLarge');
      assert.equal(error.pushbackMs, -1);
      assert.deepEqual(error.facts, { limitBytes: '1024' });
      assert.match(error.details, /larger than max \(\d+ vs 1024\); send smaller messages\.$/);
      let answers = 0;
      for await (const _ of client.encode(requests(config))) answers += 1;
      assert.equal(answers, 1);
    },
    { limits: { maxMessageBytes: 1024 } },
  );
});

test('a drain lets running calls finish, refuses new ones with UNAVAILABLE, and then ends', async () => {
  const release = new AbortController();
  await withServer(
    async function* () {
      yield report;
      await once(release.signal, 'abort');
      yield report;
    },
    async (client, server) => {
      const running = client.encode(requests(config))[Symbol.asyncIterator]();
      await running.next();
      const drained = server.drain();
      const error = await failureOf(client.encode(requests(config)));
      assert.equal(error.code, status.UNAVAILABLE);
      release.abort();
      const second = await running.next();
      assert.equal(second.done, false);
      assert.equal((await running.next()).done, true);
      await drained;
    },
  );
});

test('a drain aborts calls that outlast its grace, with UNAVAILABLE', async () => {
  await withServer(
    async function* (_, context) {
      yield report;
      await once(context.signal, 'abort');
      throw context.signal.reason;
    },
    async (client, server) => {
      const running = client.encode(requests(config))[Symbol.asyncIterator]();
      await running.next();
      const drained = server.drain();
      await assert.rejects(
        running.next(),
        (error: RemoteError) => error.code === status.UNAVAILABLE && error.kind === 'draining',
      );
      await drained;
    },
    { drainGraceMs: 50 },
  );
});

test('a server that is killed in mid-call makes the call UNAVAILABLE, not CANCELLED', async () => {
  await withServer(
    async function* (_, context) {
      yield report;
      await once(context.signal, 'abort');
    },
    async (client, server) => {
      const running = client.encode(requests(config))[Symbol.asyncIterator]();
      await running.next();
      server.abort();
      await assert.rejects(running.next(), (error: RemoteError) => {
        assert.equal(error.code, status.UNAVAILABLE);
        assert.equal(error.retryElsewhere, true);
        return true;
      });
    },
  );
});

test('logs never hold what a request says, not even of one that is refused', async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const logged = createTelemetry({ name: 'test', logLevel: 'trace', logDestination: { write } });
  const canary: EncodeInit = { request: { case: 'config', value: { model: 'canary-in-a-message' } } };
  await withServer(
    async function* (messages) {
      for await (const { request } of messages) {
        yield report;
        if (request.case === 'config') throw new MeshError('unknownModel', `no ${request.value.model} here`);
      }
    },
    async (client) => {
      const error = await failureOf(client.encode(requests(canary)));
      assert.match(error.details, /canary/);
    },
    { telemetry: logged },
  );
  assert.ok(lines.some((line) => line.includes('unknownModel')));
  assert.ok(lines.every((line) => !line.includes('canary')));
});
