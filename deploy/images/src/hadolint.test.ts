import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bake } from './bake-file.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('hadolint has no complaint about the Dockerfiles', () => {
  const files = Object.values(bake.target).map(({ dockerfile }) => dockerfile);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join('test', 'tools', 'python.mjs'), 'hadolint', ...files],
    { cwd: root, encoding: 'utf8' },
  );
  assert.equal(status, 0, `${stdout}${stderr}`);
});
