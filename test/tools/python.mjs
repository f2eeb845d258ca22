// Runs a Python module or tool from the checkout's own .venv, which it creates from requirements.txt when that
// file has changed: `node test/tools/python.mjs pytest native/hostacl/tests`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Waits until no other process installs into the same checkout; returns what lets the next one in. */
function takeTurn(lock) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isOwned(lock)) rmSync(lock, { force: true });
    else Atomics.wait(pause, 0, 0, 500);
  }
}

/** Whether the process that wrote the lock still runs; a killed one leaves its lock behind. */
function isOwned(lock) {
  try {
    const owner = Number(readFileSync(lock, 'utf8'));
    if (owner > 0) process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

if (!isInstalled()) {
  const release = takeTurn(`${root}.venv.lock`);
  process.once('exit', release);
  if (!isInstalled()) {
    if (!existsSync(`${venv}/bin/python`)) must('python3', ['-m', 'venv', venv]);
    must(`${venv}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    writeFileSync(stamp, wanted);
  }
  process.off('exit', release);
  release();
}

const [tool, ...args] = process.argv.slice(2);
if (tool) must(`${venv}/bin/${tool}`, args);
