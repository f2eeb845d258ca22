import type { Discovery } from './api/cluster.js';
import { durationFromMs } from './api/common.js';
import { isNamed } from './socket-address.js';

/** New instances of a scaled stage get calls as soon as health lets them; Envoy's default is 5 s. */
const DNS_REFRESH_MS = 1_000;

/** How the instances at addresses are found: as they are, or as every address that their names resolve to. */
export function discovery(addresses: readonly string[]): Discovery {
  if (!addresses.some(isNamed)) return { type: 'STATIC' };
  return {
    cluster_type: {
      name: 'envoy.cluster.dns',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',
        dns_refresh_rate: durationFromMs(DNS_REFRESH_MS),
      },
    },
  };
}
