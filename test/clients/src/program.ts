import { spawn } from 'node:child_process';

/** A program to run. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Folder to run it in. */
  readonly cwd: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const limitMs = 600_000;

/** Runs a program to its end: its standard output. Rejects with all of its output if it ends with anything but 0, or not in time. */
export function run(
  { program, args, cwd, env }: Command,
  stdin: Uint8Array = new Uint8Array(),
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, timeout: limitMs });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code ?? signal}:\n${output}`));
    });
    // A program that ends before it has read all of it says so by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}
