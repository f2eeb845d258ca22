import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** Root of the checkout. */
export const repository = fileURLToPath(root);

/** `osum up` in a process of its own, with the package that OSUM_PACKAGE names, else the shipped one. */
export interface LiveMesh {
  /** `host:port` of each service, by its name. */
  readonly services: Readonly<Record<'features' | 'encoder' | 'adapter' | 'decoder' | 'router', string>>;
  /** Ends it with SIGTERM. Rejects if it does not drain and end with 0. */
  stop(): Promise<void>;
}

/** Starts a mesh on free ports, and waits until it answers. */
export async function startLiveMesh(): Promise<LiveMesh> {
  const main = fileURLToPath(new URL('packages/cli/dist/main.js', root));
  const child = spawn(process.execPath, [main, 'up', '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const ended = once(child, 'close');
  const services: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, address] = /^ +(\w+) +(\S+:\d+)$/.exec(line) ?? [];
    if (name !== undefined && address !== undefined) services[name] = address;
    if (services.router !== undefined) break;
  }
  if (services.router === undefined) throw new Error('osum up ended before it answered');
  child.stdout.resume();
  return {
    services: services as LiveMesh['services'],
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`osum up ended with ${code}`);
    },
  };
}
