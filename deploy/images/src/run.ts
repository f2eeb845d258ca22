import { execFileSync } from 'node:child_process';

/** Standard output of a program that must succeed; its complaints go to standard error. */
export function run(command: string, args: readonly string[], cwd?: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
