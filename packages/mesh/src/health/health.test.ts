import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { health, SpeechEncoder, serviceDefinition } from '@osum/proto';
import { createChannels } from '../client/channels.js';
import { bindService } from '../server/bind-service.js';
import { type RunningServer, startServer } from '../server/server.js';
import { RemoteError } from '../status/remote-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { createHealthRegistry } from './health-registry.js';

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = health.HealthCheckResponse_ServingStatus;
const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
const service = SpeechEncoder.typeName;

async function withHealth(
  check: (client: ReturnType<typeof clientOf>, server: RunningServer) => Promise<void>,
) {
  const services = [bindService(SpeechEncoder, { async *encode() {} })];
  const server = await startServer({ stage: 'test', listen: '127.0.0.1:0', services, telemetry });
  const channels = createChannels({ telemetry });
  try {
    await check(clientOf(channels, server.address), server);
  } finally {
    channels.close();
    server.abort();
  }
}
const clientOf = (channels: ReturnType<typeof createChannels>, address: string) =>
  channels.client(serviceDefinition(health.Health), address);

test('a service does not serve until it says so, and the whole process serves when all do', async () => {
  await withHealth(async (client, server) => {
    assert.equal((await client.check({ service })).status, NOT_SERVING);
    assert.equal((await client.check({})).status, NOT_SERVING);
    server.health.set(service, true);
    assert.equal((await client.check({ service })).status, SERVING);
    assert.equal((await client.check({})).status, SERVING);
  });
});

test('Check answers an unknown name with NOT_FOUND', async () => {
  await withHealth(async (client) => {
    await assert.rejects(
      client.check({ service: 'osum.v1.Nothing' }),
      (error) =>
        error instanceof RemoteError && error.code === status.NOT_FOUND && error.kind === 'unknownService',
    );
  });
});

test('List gives every service and the whole process', async () => {
  await withHealth(async (client, server) => {
    server.health.set(service, true);
    const { statuses } = await client.list({});
    assert.deepEqual(Object.keys(statuses).sort(), ['', service]);
    assert.equal(statuses[service]?.status, SERVING);
  });
});

test('Watch tells the state now and at each change, and ends with NOT_SERVING at a drain', async () => {
  await withHealth(async (client, server) => {
    const watch = client.watch({ service })[Symbol.asyncIterator]();
    assert.equal((await watch.next()).value?.status, NOT_SERVING);
    server.health.set(service, true);
    assert.equal((await watch.next()).value?.status, SERVING);
    server.health.set(service, true);
    const next = watch.next();
    const drained = server.drain();
    assert.equal((await next).value?.status, NOT_SERVING);
    assert.equal((await watch.next()).done, true);
    await drained;
  });
});

test('many Watches share one server without a warning of leaks', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  await withHealth(async (client) => {
    const leave = new AbortController();
    setMaxListeners(0, leave.signal);
    const watches = Array.from({ length: 12 }, () =>
      client.watch({ service }, { signal: leave.signal })[Symbol.asyncIterator](),
    );
    for (const watch of watches) assert.equal((await watch.next()).value?.status, NOT_SERVING);
    const ends = watches.map((watch) => watch.next());
    leave.abort();
    for (const end of ends) await assert.rejects(end);
  });
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('Watch of an unknown name answers SERVICE_UNKNOWN and stays open', async () => {
  await withHealth(async (client) => {
    const leave = new AbortController();
    const watch = client
      .watch({ service: 'osum.v1.Nothing' }, { signal: leave.signal })
      [Symbol.asyncIterator]();
    assert.equal((await watch.next()).value?.status, SERVICE_UNKNOWN);
    const next = watch.next();
    const first = await Promise.race([
      next.catch(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 50, 'open')),
    ]);
    assert.equal(first, 'open');
    leave.abort();
    await assert.rejects(next);
  });
});

test('the registry refuses names it does not know, and ignores changes after its shutdown', () => {
  const registry = createHealthRegistry(['a']);
  assert.throws(() => registry.set('b', true), /health of b: expected one of a/);
  registry.shutdown();
  registry.set('a', true);
  assert.equal(registry.get('a'), NOT_SERVING);
});
