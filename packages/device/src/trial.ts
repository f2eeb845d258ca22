import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LibrarySet } from './cann-search.js';

/** Loading CANN and its first operator may take tens of seconds on a cold machine. */
const TRIAL_TIMEOUT_MS = 120_000;

/** Opens the libraries and computes something on device 0 in a child process; `null` when it worked, else why not. */
export async function tryInChildProcess(set: LibrarySet): Promise<string | null> {
  const script = fileURLToPath(new URL('trial-main.js', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [script, JSON.stringify(set)], { timeout: TRIAL_TIMEOUT_MS });
    return null;
  } catch (error) {
    return reasonOf(error as TrialExit);
  }
}

interface TrialExit {
  readonly killed?: boolean;
  readonly signal?: string | null;
  readonly stderr?: string;
  readonly message: string;
}

function reasonOf({ killed, signal, stderr, message }: TrialExit): string {
  if (killed) return `the trial did not answer within ${TRIAL_TIMEOUT_MS / 1000} s`;
  if (signal) return `the trial ended by ${signal}`;
  const lines = (stderr ?? '').trim().split('\n').filter(Boolean);
  return lines.at(-1) ?? message;
}
