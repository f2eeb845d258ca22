import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceShare } from './device-share.js';
import type { ResidentSet } from './residents.js';

/** How often recovery looks whether the leases of a lost device have come back. */
const POLL_MS = 10;

/**
 * Brings a lost device back: waits until its leases were returned (their runs fail at once on a lost device), resets
 * it, and loads the residents anew. Tries until it works; rejects only when `signal` aborts.
 */
export async function recover(
  share: DeviceShare,
  residents: readonly ResidentSet<unknown>[],
  delaysMs: readonly number[],
  signal: AbortSignal,
  failed: (reason: string) => void,
): Promise<void> {
  while (share.held > 0) await sleep(POLL_MS, undefined, { signal });
  for (let attempt = 0; ; attempt++) {
    try {
      await rebuild(share, residents);
      return;
    } catch (error) {
      failed(`recovery ${attempt + 1} failed: ${error instanceof Error ? error.message : String(error)}`);
      const delayMs = delaysMs[Math.min(attempt, delaysMs.length - 1)] ?? 1000;
      await sleep(delayMs, undefined, { signal });
    }
  }
}

async function rebuild(share: DeviceShare, residents: readonly ResidentSet<unknown>[]): Promise<void> {
  const { device } = share;
  await device.reset();
  // What was made before the reset is void; this lets go of its JavaScript side. Residents go first: their graphs may
  // hold memory of the slots, whose disposal waits for them.
  for (const set of residents) await set.unloadFrom(device);
  await share.clear();
  share.freeBytes = (await device.memory()).freeBytes;
  for (const set of residents) await set.loadOn(device);
}
