import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { SpeechUnderstanding, speechUnderstandingDefinition } from '@osum/proto';
import { bindService } from '../server/bind-service.js';
import { type RunningServer, startServer } from '../server/server.js';
import { MeshError } from '../status/mesh-error.js';
import { RemoteError } from '../status/remote-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { createChannels } from './channels.js';
import { createStagePool, type StagePool } from './stage-pool.js';

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
const channels = createChannels({ telemetry });
const service = SpeechUnderstanding.typeName;
after(() => channels.close());

async function instance(name: string, listen = '127.0.0.1:0'): Promise<RunningServer> {
  const handlers = {
    async interpret() {
      return { plan: { tags: name } };
    },
    async describe() {
      return {};
    },
    // biome-ignore lint/correctness/useYield: not called
    async *understand() {
      throw new MeshError('internal', 'not called');
    },
  };
  const services = [bindService(SpeechUnderstanding, handlers)];
  const server = await startServer({ stage: name, listen, services, telemetry, drainGraceMs: 1000 });
  server.health.set(service, true);
  return server;
}

async function ask({ pick }: StagePool<typeof speechUnderstandingDefinition>): Promise<string> {
  const { client, done } = pick();
  try {
    const { plan } = await client.interpret({ instruction: 'x' });
    done();
    return plan?.tags ?? '';
  } catch (error) {
    done(error);
    throw error;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('the condition did not become true in 3 s');
}

test('calls spread over all instances, by either policy', async () => {
  const servers = await Promise.all([instance('a'), instance('b'), instance('c')]);
  const addresses = servers.map(({ address }) => address);
  for (const policy of ['leastOutstanding', 'roundRobin'] as const) {
    const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses, service, policy });
    const answers: string[] = [];
    for (let i = 0; i < 6; i++) answers.push(await ask(pool));
    assert.deepEqual(answers.sort(), ['a', 'a', 'b', 'b', 'c', 'c']);
    pool.close();
  }
  for (const server of servers) server.abort();
});

test('the instance with the fewest calls under way is taken; one to be avoided only if it is the last', () => {
  const addresses = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses, service });
  const [first, second] = [pool.pick(), pool.pick()];
  assert.equal(pool.pick().address, '127.0.0.1:3');
  second.done();
  second.done();
  assert.equal(pool.pick().address, second.address);
  const avoid = new Set(addresses.slice(0, 2));
  assert.equal(pool.pick({ avoid }).address, '127.0.0.1:3');
  assert.equal(pool.pick({ avoid }).address, '127.0.0.1:3');
  assert.ok(addresses.includes(pool.pick({ avoid: new Set(addresses) }).address));
  first.done();
  pool.close();
});

test('an instance that dies is passed over after one failure, and comes back when it does', async () => {
  const [a, b] = [await instance('a'), await instance('b')];
  const pool = createStagePool(speechUnderstandingDefinition, {
    channels,
    addresses: [a.address, b.address],
    service,
  });
  await ask(pool);
  a.abort();
  await until(() => pool.instances()[0]?.serving === false);
  for (let i = 0; i < 5; i++) assert.equal(await ask(pool), 'b');
  const again = await instance('again', a.address);
  await until(() => pool.instances()[0]?.serving === true);
  const answers = new Set<string>();
  for (let i = 0; i < 4; i++) answers.add(await ask(pool));
  assert.deepEqual([...answers].sort(), ['again', 'b']);
  pool.close();
  again.abort();
  b.abort();
});

test('an UNAVAILABLE answer ejects for a while, other failures do not', () => {
  const addresses = ['127.0.0.1:1', '127.0.0.1:2'];
  const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses, service });
  pool.pick().done(new RemoteError('/x/y', status.INVALID_ARGUMENT, 'bad'));
  assert.equal(pool.instances()[0]?.ejected, false);
  const picked = pool.pick();
  picked.done(new RemoteError('/x/y', status.UNAVAILABLE, 'gone'));
  const state = pool.instances().find(({ address }) => address === picked.address);
  assert.equal(state?.ejected, true);
  assert.notEqual(pool.pick().address, picked.address);
  assert.notEqual(pool.pick().address, picked.address);
  pool.close();
});

test('an instance that drains gets no new calls and fails none', async () => {
  const [a, b] = [await instance('a'), await instance('b')];
  const pool = createStagePool(speechUnderstandingDefinition, {
    channels,
    addresses: [a.address, b.address],
    service,
  });
  await ask(pool);
  const drained = a.drain();
  await until(() => pool.instances()[0]?.serving === false);
  for (let i = 0; i < 4; i++) assert.equal(await ask(pool), 'b');
  await drained;
  pool.close();
  b.abort();
});

test('a pool without addresses says so', () => {
  const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses: [], service });
  assert.throws(() => pool.pick(), /No address of osum.v1.SpeechUnderstanding is configured/);
});

test('a name stands for all addresses behind it: they come and go as the name does', async () => {
  const first = await instance('a');
  const port = first.address.split(':')[1]!;
  const second = await instance('b', `127.0.0.2:${port}`);
  let found = ['127.0.0.1'];
  let lookups = 0;
  const find = async (host: string) => {
    assert.equal(host, 'encoder-pods');
    lookups += 1;
    if (lookups === 1) throw new Error('not yet');
    return found;
  };
  const resolution = { find, refreshMs: 20 };
  const addresses = [`dns:///encoder-pods:${port}`];
  const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses, service, resolution });
  assert.throws(() => pool.pick(), /dns:\/\/\/encoder-pods:\d+ resolves to no address yet/);
  const known = () =>
    pool
      .instances()
      .map(({ address }) => address)
      .join();
  await until(() => known() === `127.0.0.1:${port}`);
  found = ['127.0.0.1', '127.0.0.2'];
  await until(() => known() === `127.0.0.1:${port},127.0.0.2:${port}`);
  assert.deepEqual([await ask(pool), await ask(pool)].sort(), ['a', 'b']);
  const calls = [pool.pick(), pool.pick()];
  found = ['127.0.0.2'];
  await until(() => known() === `127.0.0.2:${port}`);
  const tags = calls.map(async ({ client, done }) => {
    const { plan } = await client.interpret({ instruction: 'x' });
    done();
    return plan?.tags;
  });
  assert.deepEqual((await Promise.all(tags)).sort(), ['a', 'b'], 'calls under way go on');
  assert.deepEqual([await ask(pool), await ask(pool)], ['b', 'b']);
  pool.close();
  first.abort();
  second.abort();
});

test('a name that resolves no more keeps the instances it had', async () => {
  const server = await instance('a');
  const port = server.address.split(':')[1]!;
  let lookups = 0;
  const find = async () => {
    lookups += 1;
    if (lookups === 1) return ['127.0.0.1'];
    throw new Error('no such name');
  };
  const resolution = { find, refreshMs: 20 };
  const addresses = [`dns:///encoder-pods:${port}`];
  const pool = createStagePool(speechUnderstandingDefinition, { channels, addresses, service, resolution });
  await until(() => lookups >= 2);
  assert.equal(await ask(pool), 'a');
  pool.close();
  server.abort();
});
