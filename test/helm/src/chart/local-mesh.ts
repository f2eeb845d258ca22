import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@osum/deploy';
import type { StageContainer } from './stage-container.js';
import type { StageName } from './stage-schemas.js';

const root = new URL('../../../../', import.meta.url);
const osumMain = fileURLToPath(new URL('packages/cli/dist/main.js', root));
const packageFolder = fileURLToPath(new URL('models/osum-nano', root));

/** A service that runs as the chart starts it. */
export interface LocalStage {
  readonly container: StageContainer;
  /** The port on this machine that stands for a port of the container. */
  port(containerPort: number): number;
}

/** The services of a release, as processes on this machine. */
export interface LocalMesh {
  readonly stages: readonly LocalStage[];
  stage(name: StageName): LocalStage;
  /** Sends SIGTERM to all; their exit codes. */
  stop(): Promise<(number | null)[]>;
}

/**
 * Starts containers as processes with the environment and the configuration file that the chart gives them. Only what a cluster does is
 * replaced: addresses become loopback, ports become free ones, and the model volume is the shipped package.
 *
 * @param secrets texts of the secrets' files of a container, by their paths in it.
 */
export async function startLocalMesh(
  containers: readonly StageContainer[],
  secrets: (container: StageContainer) => Promise<Record<string, string>> = async () => ({}),
): Promise<LocalMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-local-mesh-'));
  const free = await freePorts(containers.flatMap(({ ports }) => Object.values(ports)).length);
  const grpcPorts = new Map(containers.map(({ ports }) => [ports.grpc!, free.pop()!]));
  const stages: LocalStage[] = [];
  const children: ChildProcess[] = [];
  const stop = async () => {
    const codes = await Promise.all(children.map(ended));
    await rm(folder, { recursive: true });
    return codes;
  };
  try {
    for (const container of containers) {
      const ports = new Map(grpcPorts);
      for (const port of Object.values(container.ports)) {
        if (!ports.has(port)) ports.set(port, free.pop()!);
      }
      const files = await writeSecrets(join(folder, container.name), await secrets(container));
      const env = localEnvironment(container.env, ports, files);
      env.OSUM_CONFIG = join(folder, `${container.name}.yaml`);
      await writeFile(env.OSUM_CONFIG, container.configText);
      children.push(
        spawn(process.execPath, [osumMain, ...container.args], {
          env: cleared(env),
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
      stages.push({ container, port: (containerPort) => ports.get(containerPort)! });
    }
    await Promise.all(children.map((child, i) => ready(child, containers[i]!.name)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stages, stage: (name) => stages.find(({ container }) => container.name === name)!, stop };
}

function localEnvironment(
  env: Readonly<Record<string, string>>,
  ports: ReadonlyMap<number, number>,
  files: ReadonlyMap<string, string>,
): Record<string, string> {
  const local: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    local[name] = (files.get(value) ?? value)
      .replace(/\b0\.0\.0\.0:/, '127.0.0.1:')
      .replace(/dns:\/\/\/[a-z-]+:/, 'dns:///127.0.0.1:')
      .replace(/:(\d+)$/, (whole, port: string) =>
        ports.has(Number(port)) ? `:${ports.get(Number(port))}` : whole,
      );
  }
  return env.OSUM_PACKAGE === undefined ? local : { ...local, OSUM_PACKAGE: packageFolder };
}

/** Writes the files below a folder; where each is, by its path in the container. */
async function writeSecrets(folder: string, secrets: Record<string, string>): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, text] of Object.entries(secrets)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    files.set(path, file);
  }
  return files;
}

/** Without variables of ours that the shell happens to have. */
function cleared(env: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('OSUM_'));
  return { ...Object.fromEntries(own), ...env };
}

async function ready(child: ChildProcess, name: string): Promise<void> {
  const line = once(createInterface({ input: child.stdout! }), 'line');
  const end = once(child, 'close').then(([code]) => {
    throw new Error(`osum serve ${name} ended with ${code} before it answered calls`);
  });
  await Promise.race([line, end]);
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.kill('SIGTERM');
  const [code] = await closed;
  return code;
}

/** The `osum` command of this checkout. */
export const osumCommand: readonly string[] = [process.execPath, osumMain];
