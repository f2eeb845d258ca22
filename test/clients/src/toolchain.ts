import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import type { Language } from './languages.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether nothing may be left out: with CI=true. */
export function nothingIsLeftOut({ CI }: Environment): boolean {
  return CI === 'true';
}

/** Skips the test where a program is missing, and says so; with CI=true the test fails instead. */
export function toolchainOrSkip(
  context: Pick<TestContext, 'skip'>,
  { toolchain }: Pick<Language, 'toolchain'>,
  environment: Environment = process.env,
): boolean {
  const missing = toolchain.find(({ program }) => spawnSync('which', [program]).status !== 0);
  if (missing === undefined) return true;
  const reason = `${missing.program} was not found: ${missing.install}`;
  assert.ok(!nothingIsLeftOut(environment), reason);
  context.skip(reason);
  return false;
}

/** The clients that OSUM_CLIENTS names, in lower case; undefined for all. Throws with CI=true, where it may leave none out. */
export function wantedClients(environment: Environment): readonly string[] | undefined {
  const { OSUM_CLIENTS: names } = environment;
  if (!names) return undefined;
  if (nothingIsLeftOut(environment)) {
    throw new Error(
      `OSUM_CLIENTS is ${names}, but with CI=true all clients are tested: unset one of the two`,
    );
  }
  return names.toLowerCase().split(',');
}
