import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server that an example started. */
export interface ServerProcess {
  /** Ends it with SIGTERM, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts the server of one line of shell, and waits for its first line on standard output: it says where it listens, once it does. */
export async function startServerProcess(line: string, cwd: string): Promise<ServerProcess> {
  const child = spawn('bash', ['-c', `exec ${line}`], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, OSUM_LOG_LEVEL: 'warn' },
  });
  const ended = once(child, 'close');
  const ready = once(createInterface({ input: child.stdout }), 'line').then(() => true);
  if (!(await Promise.race([ready, ended.then(() => false)]))) {
    throw new Error(`${line} ended with ${child.exitCode} before it was ready`);
  }
  return {
    async stop() {
      // npx passes no signal on, so the whole group gets it.
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      await ended;
    },
  };
}
