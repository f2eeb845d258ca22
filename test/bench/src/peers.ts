import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** A Python that has the peers: the one given, else that of test/bench/.venv, which is made on first use. */
export function peerPython(given: string | undefined): string {
  if (given !== undefined) return given;
  const python = `${folder}.venv/bin/python`;
  if (!existsSync(python)) {
    run('python3', ['-m', 'venv', `${folder}.venv`]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', `${folder}peers/requirements.txt`]);
  }
  return python;
}

/** The figures that a script of `peers/` prints. */
export function peerFigures(python: string, script: string, args: readonly (string | number)[]): Figure[] {
  return JSON.parse(run(python, [`${folder}peers/${script}`, ...args.map(String)])) as Figure[];
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error !== undefined)
    throw new Error(`${command} could not be started: ${error.message}; install Python 3.11`);
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` ended with status ${status}`);
  return stdout;
}
