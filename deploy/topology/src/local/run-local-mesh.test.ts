import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChannels, createTelemetry } from '@osum/mesh';
import { speechUnderstandingDefinition } from '@osum/proto';
import { freePorts } from './free-ports.js';

const main = fileURLToPath(new URL('../main.js', import.meta.url));

test('osum-deploy up runs every stage behind Envoy until SIGTERM, which drains it', async (context) => {
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const child = spawn(process.execPath, [main, 'up', '--instances', '1', '--listen', address], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  // It takes its processes along.
  context.after(() => child.kill('SIGTERM'));
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const first = once(createInterface({ input: child.stdout }), 'line');
  const [ready] = await Promise.race([first, ended.then(() => [undefined])]);
  assert.equal(ready, `mesh ready at ${address}`, said.join('\n'));

  const channels = createChannels({ telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }) });
  const { model } = await channels.client(speechUnderstandingDefinition, address).describe({});
  channels.close();
  assert.equal(model, 'osum-nano');
  for (const stage of ['router', 'features', 'encoder', 'adapter', 'decoder'])
    assert.ok(
      said.some((line) => line.startsWith(stage)),
      stage,
    );

  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
