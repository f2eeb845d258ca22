import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** `osum up` in a process of its own. */
export interface MeshProcess {
  /** `host:port` of its router. */
  readonly address: string;
  residentBytes(): Promise<number>;
  /** Processor time of all its threads since it began. */
  processorSeconds(): Promise<number>;
  end(): Promise<void>;
}

const main = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
// Linux counts processor time in hundredths of a second, on every architecture.
const ticksPerSecond = 100;

/** Starts a mesh of this package, with further flags of `osum up`. Resolves when it answers. */
export async function startMesh(packageFolder: string, flags: readonly string[] = []): Promise<MeshProcess> {
  const command = [main, 'up', '--listen', '127.0.0.1:0', '--package', packageFolder, ...flags];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const address = /mesh ready at (\S+)/.exec(line)?.[1];
  if (address === undefined) throw new Error(`osum up said "${line}" instead of its address`);
  const about = (file: string) => readFile(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    address,
    residentBytes: async () => Number(/VmRSS:\s+(\d+) kB/.exec(await about('status'))?.[1]) * 1024,
    async processorSeconds() {
      // The name of the process, in parentheses, may hold spaces; user and system time are fields 14 and 15.
      const fields = (await about('stat')).replace(/^.*\) /s, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
