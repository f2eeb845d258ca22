import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runPythonFile } from './reference.js';

/** Distinct strings for each of the five models: 20,000 in all. */
const STRINGS = 4000;

const text = fileURLToPath(new URL('../../../packages/text/', import.meta.url));

test('20,000 strings: ids and texts are those of the sentencepiece package, never half a character', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'osum-sentencepiece-'));
  try {
    runPythonFile(join(text, 'test-data/make-fixtures.py'), '--strings', `${STRINGS}`, '--out', folder);
    // Inside of a test, node would not run another one on its own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--test', '--test-reporter=tap', join(text, 'dist/sentencepiece/golden.test.js')],
      { env: { ...env, OSUM_TOKENIZER_FIXTURES: folder }, encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout.slice(0, 4000));
    assert.match(stdout, /^# pass 10$/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});
