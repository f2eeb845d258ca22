import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StageName } from '../mesh/stages.js';
import { spawnOwned } from './owned-child.js';

/** One instance of a stage, in a process of its own. */
export interface ServiceProcess {
  readonly stage: StageName;
  /** `host:port` */
  readonly address: string;
  readonly process: ChildProcess;
  /** Sends the signal and waits for the end: the exit code, or null if the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** How an instance is started. */
export interface ServiceStart {
  readonly stage: StageName;
  /** `host:port` to listen on. */
  readonly listen: string;
  /** Further flags of `osum serve`. */
  readonly flags: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const osum = fileURLToPath(new URL('../../../../packages/cli/dist/main.js', import.meta.url));

/** Starts `osum serve STAGE` and waits until it answers calls. Its log goes to standard error. */
export async function startService({ stage, listen, flags, env }: ServiceStart): Promise<ServiceProcess> {
  const child = spawnOwned(process.execPath, [osum, 'serve', stage, '--listen', listen, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout! });
  const first = await Promise.race([once(lines, 'line'), ended.then(() => undefined)]);
  if (first === undefined)
    throw new Error(`osum serve ${stage} ended with ${child.exitCode}; its log says why`);
  return {
    stage,
    address: listen,
    process: child,
    async end(signal) {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
