import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { sleep } from '../deadline/abortable.js';

/** How names are looked up. */
export interface NameResolution {
  /** Finds all IP addresses of a host. Default: as the operating system does. */
  find?: (host: string) => Promise<readonly string[]>;
  /** Time between two look-ups of a name that was found. Default 5000. */
  refreshMs?: number;
}

const scheme = 'dns:///';
const retryMs = 500;

/** Whether an address is a name that stands for several instances: `dns:///host:port`. */
export function isFollowedName(address: string): boolean {
  return address.startsWith(scheme);
}

/**
 * Tells `onAddresses` the `host:port` of each address behind `dns:///host:port`, at once and then again and again until `signal`
 * aborts. While the name is not found nothing is told: what was known stays. Never throws.
 */
export async function followName(
  name: string,
  signal: AbortSignal,
  onAddresses: (addresses: readonly string[]) => void,
  { find = systemLookup, refreshMs = 5_000 }: NameResolution = {},
): Promise<void> {
  const colon = name.lastIndexOf(':');
  const [host, port] = [name.slice(scheme.length, colon), name.slice(colon + 1)];
  while (!signal.aborted) {
    const found = new Set(await find(host).catch(() => []));
    if (signal.aborted) return;
    if (found.size > 0) onAddresses([...found].map((ip) => `${isIPv6(ip) ? `[${ip}]` : ip}:${port}`));
    await sleep(found.size > 0 ? refreshMs : retryMs, signal).catch(() => {});
  }
}

// Unlike a DNS query it knows the search domains of a cluster and the hosts file.
async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
