import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ToolResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program is run with. */
export interface ToolOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for its standard input. */
  readonly input?: string;
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = {}, input = '' }: ToolOptions = {},
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        status: code ?? 1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    // A program that ends before it has read everything has its reasons in its status.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Runs a program that must succeed; its standard output. Throws with what it said otherwise. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await runTool(command, args, options);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed with status ${status}:\n${stderr}${stdout}`);
  return stdout;
}
