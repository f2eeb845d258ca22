import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { speechEncoderDefinition } from '@osum/proto';
import { startEchoStage, telemetry } from '../testing/echo-stage.js';
import { createChannels, type MeshClient } from './channels.js';
import { IdleLimit } from './idle-limit.js';

async function exchange(client: MeshClient<typeof speechEncoderDefinition>, pauseMs = 0): Promise<number> {
  let answers = 0;
  async function* messages() {
    yield { request: { case: 'config' as const, value: {} } };
    await sleep(pauseMs);
    yield { request: { case: 'config' as const, value: {} } };
  }
  for await (const _ of client.encode(messages())) answers += 1;
  return answers;
}

test('visits to more addresses than are kept are answered, and never cost one under way', async (t) => {
  const servers = await Promise.all(Array.from({ length: 4 }, () => startEchoStage()));
  const channels = createChannels({ telemetry, maxVisited: 1 });
  t.after(() => {
    channels.close();
    for (const server of servers) server.abort();
  });
  const visit = (i: number, pauseMs?: number) =>
    channels.visit(speechEncoderDefinition, servers[i]!.address, (client) => exchange(client, pauseMs));
  const long = visit(0, 300);
  for (const round of [1, 2, 3, 1, 2, 3]) assert.equal(await visit(round), 2);
  assert.equal(await long, 2);
  assert.equal(await visit(0), 2);
});

test('what nobody uses is closed beyond the latest, what is in use is not', async () => {
  const closed: string[] = [];
  const limit = new IdleLimit<string>(2, (value) => closed.push(value));
  const open = (key: string) =>
    limit.use(
      key,
      () => key,
      async (value) => value,
    );
  let finish: () => void = () => {};
  const busy = limit.use(
    'busy',
    () => 'busy',
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  for (const key of ['a', 'b', 'a', 'c']) assert.equal(await open(key), key);
  assert.deepEqual(closed, ['a', 'b', 'a']);
  assert.equal(limit.size, 2);
  finish();
  await busy;
  await open('d');
  assert.deepEqual(closed, ['a', 'b', 'a', 'busy']);
  limit.clear();
  assert.deepEqual(closed, ['a', 'b', 'a', 'busy', 'c', 'd']);
});

test('a thing whose user fails is kept like any other', async () => {
  const limit = new IdleLimit<string>(1, () => {});
  const failing = limit.use(
    'a',
    () => 'a',
    () => Promise.reject(new Error('no')),
  );
  await assert.rejects(failing, /no/);
  assert.equal(limit.size, 1);
});
