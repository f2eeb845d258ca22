import { runTool } from './run-tool.js';

/** What a test needs of the machine. */
export interface Toolchain {
  readonly command: string;
  readonly versionArgs: readonly string[];
}

/** The Go toolchain. */
export const go: Toolchain = { command: 'go', versionArgs: ['version'] };

/**
 * Why a test that needs the toolchain cannot run here, for its `skip`; false if it can. With CI=true a missing toolchain is a failure
 * instead: there nothing is skipped.
 */
export async function skipWithout({ command, versionArgs }: Toolchain): Promise<string | false> {
  const present = await runTool(command, versionArgs).then(
    ({ status }) => status === 0,
    () => false,
  );
  if (present) return false;
  const message = `${command} is not installed`;
  if (process.env.CI === 'true') throw new Error(`${message}, and with CI=true no test is skipped`);
  return message;
}
