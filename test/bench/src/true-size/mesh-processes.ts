import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const osum = fileURLToPath(new URL('../../../../packages/cli/dist/main.js', import.meta.url));

/** Resident memory of a process in bytes. */
export interface Resident {
  /** Of its own: heap, KV cache, working memory. */
  readonly ownBytes: number;
  /** Pages of mapped files: the weights, which processes share. */
  readonly fileBytes: number;
}

/** One service in a process of its own. */
export interface ServiceProcess {
  readonly name: string;
  readonly address: string;
  /** From the start of the process until calls are answered. */
  readonly readySeconds: number;
  resident(): Promise<Resident>;
}

/** The services of a mesh, each in a process of its own on loopback. */
export interface MeshProcesses {
  readonly router: string;
  readonly services: readonly ServiceProcess[];
  end(): Promise<void>;
}

/** Starts the five services for a package, the decoder with `decoderFlags`. */
export async function startMeshProcesses(
  packageFolder: string,
  decoderFlags: readonly string[],
): Promise<MeshProcesses> {
  const children: { child: ChildProcess; ended: Promise<unknown> }[] = [];
  const start = async (name: string, flags: readonly string[]): Promise<ServiceProcess> => {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      [
        osum,
        'serve',
        name,
        '--package',
        packageFolder,
        '--listen',
        '127.0.0.1:0',
        '--log-level',
        'warn',
        ...flags,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'close');
    children.push({ child, ended });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([once(lines, 'line'), ended.then(() => null)]);
    if (first === null) throw new Error(`osum serve ${name} ended before it answered calls`);
    const { address } = JSON.parse(first[0] as string) as { address: string };
    const readySeconds = (performance.now() - started) / 1000;
    return { name, address, readySeconds, resident: () => residentOf(child.pid!) };
  };
  const end = async (): Promise<void> => {
    for (const { child, ended } of children.toReversed()) {
      child.kill('SIGTERM');
      await ended;
    }
  };
  try {
    const decoder = await start('decoder', decoderFlags);
    const adapter = await start('adapter', []);
    const encoder = await start('encoder', ['--adapters', adapter.address]);
    const features = await start('features', ['--encoders', encoder.address]);
    const router = await start('router', [
      ...['--features', features.address, '--decoders', decoder.address],
    ]);
    return { router: router.address, services: [router, features, encoder, adapter, decoder], end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function residentOf(pid: number): Promise<Resident> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { ownBytes: field('RssAnon'), fileBytes: field('RssFile') };
}
