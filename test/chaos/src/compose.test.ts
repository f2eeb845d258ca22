import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createOsumClient } from '@osum/client';
import { envoyAdmin, envoyBinary, spawnOwned } from '@osum/deploy';
import { parse } from 'yaml';
import { ask } from './load.js';
import { packageFolder, recordings } from './shipped.js';

// The committed compose file and Envoy configuration, run without containers: each host is an address of loopback of its own, where
// it has the ports to itself.

const root = new URL('../../../', import.meta.url);
const osum = fileURLToPath(new URL('packages/cli/dist/main.js', root));
const startMs = 60_000;

interface Compose {
  readonly services: Readonly<Record<string, { readonly command: readonly string[] }>>;
}

let folder: string;
const processes: ChildProcess[] = [];
let addresses: ReadonlyMap<string, string>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-compose-'));
  const compose = parse(await committed('compose.yaml')) as Compose;
  addresses = new Map(Object.keys(compose.services).map((host, index) => [host, `127.0.77.${index + 1}`]));
  for (const [host, { command }] of Object.entries(compose.services)) {
    if (host === 'envoy') continue;
    const args = command.map((part) =>
      onLoopback(part, host).replace(/^\/models\/osum-nano$/, packageFolder),
    );
    start(process.execPath, [osum, ...args, '--log-level', 'error'], { HOSTACL_THREADS: '1' });
  }
  const config = join(folder, 'envoy.yaml');
  await writeFile(config, onLoopback(await committed('envoy.yaml'), 'envoy'));
  start(envoyBinary(), [
    '--config-path',
    config,
    '--disable-hot-restart',
    '--log-level',
    'warn',
    '--concurrency',
    '1',
  ]);
});
after(async () => {
  await Promise.all(
    processes.map(async (child) => {
      const ended = child.exitCode !== null ? undefined : once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }),
  );
  await rm(folder, { recursive: true, force: true });
});

test('what the compose file starts finds each other through Envoy and answers', async () => {
  const admin = envoyAdmin(`${addresses.get('envoy')}:9901`);
  const hosts = async () => ((await admin.ready()) ? admin.hosts() : []);
  for (const until = Date.now() + startMs; ; await sleep(200)) {
    const seen = await hosts();
    if (seen.length === 10 && seen.every(({ healthFlags }) => healthFlags === 'healthy')) break;
    assert.ok(
      Date.now() < until,
      `Envoy sees ${seen.map(({ address, healthFlags }) => `${address} ${healthFlags}`)}`,
    );
  }
  const client = createOsumClient({ address: `${addresses.get('envoy')}:50051` });
  const { error, transcript } = await ask(client, recordings[0]!);
  client.close();
  assert.equal(error, undefined);
  assert.match(transcript ?? '', /\w/);
});

function committed(name: string): Promise<string> {
  return readFile(new URL(`deploy/${name}`, root), 'utf8');
}

/** Host names as their addresses, and addresses of all interfaces and of the host itself as its own. */
function onLoopback(text: string, host: string): string {
  let placed = text.replaceAll(/0\.0\.0\.0|127\.0\.0\.1/g, addresses.get(host)!);
  for (const [name, address] of addresses)
    placed = placed.replaceAll(new RegExp(`\\b${name}(?=:\\d|\\n)`, 'g'), address);
  return placed;
}

function start(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  processes.push(
    spawnOwned(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } }),
  );
}
