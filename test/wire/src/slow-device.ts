import type { Chain } from './chain-fixture.js';

/** Makes each task of the device take this many microseconds longer while `body` runs. */
export async function withSlowDevice<T>(
  chain: Chain,
  microseconds: number,
  body: () => Promise<T>,
): Promise<T> {
  const { host } = chain.scheduler.devices[0]!.backend;
  if (host === null) throw new Error('these tests run on the host device');
  host.injectFault('slowStream', microseconds);
  try {
    return await body();
  } finally {
    host.injectFault('slowStream', 0);
  }
}
