import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { osumMain } from './shipped.js';

/** One service in a process of its own. */
export interface ServedProcess {
  readonly name: string;
  readonly address: string;
  readonly process: ChildProcess;
  /** Sends the signal, and waits for the process to end: its exit code, or null if the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `osum serve NAME` on a free port, and waits until it answers calls. */
export async function serveProcess(name: string, flags: readonly string[]): Promise<ServedProcess> {
  const child = spawn(
    process.execPath,
    [osumMain, 'serve', name, '--listen', '127.0.0.1:0', '--log-level', 'warn', ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line') as Promise<[string]>, ended.then(() => undefined)]);
  if (first === undefined)
    throw new Error(`osum serve ${name} ended with ${child.exitCode} before it answered calls`);
  const { address } = JSON.parse(first[0]) as { address: string };
  return {
    name,
    address,
    process: child,
    async end(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
