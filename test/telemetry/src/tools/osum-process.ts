import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from './repository.js';
import { until } from './until.js';

/** The `osum` command in a process of its own. */
export interface OsumProcess {
  /** What it printed to standard output so far. */
  stdout(): string;
  /** What it logged so far. */
  log(): string;
  /** Drains it, and waits for its end. May be called twice. */
  end(): Promise<void>;
}

/** Runs `osum` with arguments and variables beside the test's own, and waits until its standard output matches `ready`. */
export async function startOsum(
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<OsumProcess & { readonly match: RegExpExecArray }> {
  const child = spawn(process.execPath, [inRepository('packages/cli/dist/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close');
  let stdout = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    log += part;
  });
  const match = await until(
    () => ready.exec(stdout) ?? (child.exitCode === null ? undefined : noMatch(args, child.exitCode, log)),
    () => `osum ${args.join(' ')} was not ready in time: ${stdout}${log}`,
    60_000,
  );
  return {
    match,
    stdout: () => stdout,
    log: () => log,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function noMatch(args: readonly string[], code: number, log: string): never {
  throw new Error(`osum ${args.join(' ')} ended with ${code}: ${log}`);
}
