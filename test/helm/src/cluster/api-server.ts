import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@osum/deploy';
import { stringify } from 'yaml';
import { apiServerBinaries } from '../tools/api-server-binaries.js';
import { helmBinaries } from '../tools/helm-binaries.js';
import { runTool } from '../tools/run-tool.js';

/** A real API server. There are no controllers and no nodes: objects are validated, defaulted and stored, and no pod ever starts. */
export interface ApiServer {
  /** Configuration for kubectl and helm, as an administrator. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const startMs = 120_000;

/** Starts etcd and an API server on loopback, in a temporary folder. Rejects, with the log's end, when it does not get ready. */
export async function startApiServer(): Promise<ApiServer> {
  const { apiServer, etcd } = await apiServerBinaries();
  const folder = await mkdtemp(join(tmpdir(), 'osum-api-server-'));
  const children: ChildProcess[] = [];
  const start = (name: string, command: string, args: readonly string[]) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    children.push(child);
    return child;
  };
  const stop = async () => {
    for (const child of children.reverse()) await ended(child);
    await rm(folder, { recursive: true });
  };
  const token = randomUUID();
  try {
    const [etcdPort, peerPort, port] = (await freePorts(3)) as [number, number, number];
    await writeFile(join(folder, 'tokens.csv'), `${token},admin,admin,system:masters\n`);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = join(folder, 'service-accounts.pem');
    await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    start('etcd', etcd, etcdArgs(folder, etcdPort, peerPort));
    const server = start('api-server', apiServer, apiServerArgs({ folder, key, etcdPort, port }));
    const kubeconfig = join(folder, 'kubeconfig.yaml');
    await writeFile(kubeconfig, stringify(kubeconfigOf(folder, port, token)));
    await ready(server, kubeconfig, join(folder, 'api-server.log'));
    return { kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function etcdArgs(folder: string, port: number, peerPort: number): string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerArgs(options: { folder: string; key: string; etcdPort: number; port: number }): string[] {
  const { folder, key, etcdPort, port } = options;
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    // Its accounts are made by a controller, of which there is none.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function kubeconfigOf(folder: string, port: number, token: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority': join(folder, 'certificates', 'apiserver.crt'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
  };
}

async function ready(server: ChildProcess, kubeconfig: string, log: string): Promise<void> {
  const { kubectl } = await helmBinaries();
  const deadlineMs = performance.now() + startMs;
  while (server.exitCode === null && performance.now() < deadlineMs) {
    const { status } = await runTool(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz']);
    if (status === 0) return;
    await sleep(500);
  }
  const text = await readFile(log, 'utf8');
  throw new Error(`the API server did not get ready:\n${text.slice(-4000)}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}
