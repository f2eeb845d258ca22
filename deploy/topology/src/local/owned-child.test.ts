import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const module = new URL('owned-child.js', import.meta.url).href;
const sleeper = "spawnOwned(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })";

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`a process that ${signal} ends takes its children along`, async () => {
    const program = `import { spawnOwned } from '${module}'; console.log(${sleeper}.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const child = Number(line);
    assert.ok(isAlive(child));
    parent.kill(signal);
    const [code, killedBy] = await once(parent, 'exit');
    assert.deepEqual({ code, killedBy }, { code: null, killedBy: signal });
    for (const until = Date.now() + 5_000; isAlive(child); await sleep(20)) {
      assert.ok(Date.now() < until, 'the child lives on');
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
