// The package's own virtual environment, clients/python/.venv, made and renewed when what it is made of has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const python = `${folder}.venv/bin/python`;
const stamp = `${folder}.venv/made-of.sha256`;

/** Path of the environment's Python, with the package installed in place. Throws with what failed. */
export function pythonOfClient() {
  const hash = createHash('sha256');
  for (const name of ['requirements-dev.txt', 'pyproject.toml']) hash.update(readFileSync(folder + name));
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  if (!existsSync(python)) run('python3', ['-m', 'venv', '.venv']);
  run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', 'requirements-dev.txt']);
  run(python, ['-m', 'pip', 'install', '--quiet', '--no-build-isolation', '--no-deps', '--editable', '.']);
  writeFileSync(stamp, wanted);
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) pythonOfClient();
