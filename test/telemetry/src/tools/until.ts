import { setTimeout as sleep } from 'node:timers/promises';

const intervalMs = 50;

/**
 * Waits until `look` finds something, and gives it.
 *
 * @throws Error with `complaint` when nothing was found in time. Default: 20 s.
 */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  complaint: () => string,
  timeoutMs = 20_000,
): Promise<T> {
  const giveUpMs = performance.now() + timeoutMs;
  while (performance.now() < giveUpMs) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(intervalMs);
  }
  throw new Error(complaint());
}
