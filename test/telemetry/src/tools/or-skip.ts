import type { TestContext } from 'node:test';
import { ToolMissingError } from './debian-package.js';

/** Gets a tool; where it cannot be had, the test is skipped and says why. With CI=true it fails instead. */
export async function orSkip<T>(context: TestContext, get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (!(error instanceof ToolMissingError) || process.env.CI === 'true') throw error;
    context.skip(error.message);
    return undefined;
  }
}
