// Runs a Python module or tool from the checkout's own .venv, which it creates from requirements.txt when that
// file has changed: `node test/tools/python.mjs pytest native/hostacl/tests`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const venv = `${root}.venv`;
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const stamp = `${venv}/requirements.sha256`;
const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');

function must(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error?.code === 'ENOENT') {
    console.error(`${command} was not found: install Python 3.11 or newer, then try again.`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  if (!existsSync(`${venv}/bin/python`)) must('python3', ['-m', 'venv', venv]);
  must(`${venv}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  writeFileSync(stamp, wanted);
}

const [tool, ...args] = process.argv.slice(2);
if (tool) must(`${venv}/bin/${tool}`, args);
