import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpeechUnderstanding, speechUnderstandingDefinition } from '@osum/proto';
import { bindService } from '../server/bind-service.js';
import { startServer } from '../server/server.js';
import { RemoteError } from '../status/remote-error.js';
import { createTelemetry } from '../telemetry/telemetry.js';
import { createChannels } from './channels.js';

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
const understanding = bindService(SpeechUnderstanding, {
  interpret: async () => ({ plan: { tags: '<asr>' } }),
  describe: async () => ({}),
  async *understand() {},
});
const start = (listen: string) =>
  startServer({ stage: 'test', listen, services: [understanding], telemetry });

/** An address that a server had, with a client whose connection to it has failed. */
async function refused() {
  const server = await start('127.0.0.1:0');
  await server.drain();
  const { address } = server;
  const channels = createChannels({ telemetry });
  const client = channels.client(speechUnderstandingDefinition, address);
  await assert.rejects(client.interpret({}));
  return { address, channels, client };
}

test('a call that may wait is answered by a server that starts meanwhile; one that may not fails at once', async () => {
  const { address, channels, client } = await refused();
  const waiting = client.interpret({}, { connectMs: 10_000 });
  const impatient = client.interpret({});
  await assert.rejects(
    impatient,
    (error) => error instanceof RemoteError && error.kind === 'stageUnreachable',
  );
  await sleep(300);
  const server = await start(address);
  assert.equal((await waiting).plan?.tags, '<asr>');
  channels.close();
  await server.drain();
});

test('the wait ends with the time for it, the deadline or the caller, each told as such', async () => {
  const { channels, client } = await refused();
  await assert.rejects(
    client.interpret({}, { connectMs: 50 }),
    (error) => error instanceof RemoteError && error.kind === 'stageUnreachable',
  );
  await assert.rejects(
    client.interpret({}, { connectMs: 2_000, timeoutMs: 50 }),
    (error) => error instanceof RemoteError && error.kind === 'deadlinePassed',
  );
  await assert.rejects(client.interpret({}, { connectMs: 2_000, signal: AbortSignal.timeout(50) }), {
    name: 'TimeoutError',
  });
  const held = client.interpret({}, { connectMs: 2_000 });
  channels.close();
  await assert.rejects(held);
});
