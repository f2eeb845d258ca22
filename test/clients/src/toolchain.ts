import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { Language } from './languages.js';

/** Skips the test where a program is missing, and says so; where CI is set, the test fails instead. */
export function toolchainOrSkip(context: TestContext, { toolchain }: Language): boolean {
  const missing = toolchain.find(({ program }) => spawnSync('which', [program]).status !== 0);
  if (missing === undefined) return true;
  const reason = `${missing.program} was not found: ${missing.install}`;
  assert.ok(!process.env.CI, reason);
  context.skip(reason);
  return false;
}
