import { counter, type Telemetry } from '@osum/mesh';

/** What is counted of each tenant. */
export interface TenantMetrics {
  /** Audio was charged to a tenant. */
  charged(tenant: string, audioSeconds: number): void;
  /** A call of a tenant was refused for one of its bounds. */
  refused(tenant: string, bound: 'calls' | 'audio'): void;
}

/** Label of tenants that the operator has not listed: their names may be of any number. */
const others = 'others';

/** The metrics in the registry of `telemetry`. */
export function createTenantMetrics(
  telemetry: Telemetry,
  isListed: (tenant: string) => boolean,
): TenantMetrics {
  const audio = counter(telemetry, {
    name: 'osum_router_tenant_audio_seconds_total',
    help: 'Seconds of audio charged to a tenant that the operator lists, or to all others together.',
    labelNames: ['tenant'],
  });
  const refusals = counter(telemetry, {
    name: 'osum_router_tenant_refusals_total',
    help: 'Calls refused because the tenant had used its audio, or had too many calls under way.',
    labelNames: ['tenant', 'bound'],
  });
  const label = (tenant: string) => (isListed(tenant) ? tenant : others);
  return {
    charged: (tenant, audioSeconds) => audio.inc({ tenant: label(tenant) }, audioSeconds),
    refused: (tenant, bound) => refusals.inc({ tenant: label(tenant), bound }),
  };
}
