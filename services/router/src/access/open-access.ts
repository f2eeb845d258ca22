import {
  type Authenticate,
  callerByHeader,
  type Followed,
  follow,
  openTls,
  type Security,
  type Telemetry,
  type TlsConfig,
} from '@osum/mesh';
import type { AccessConfig } from './access-config.js';
import { type Admission, createAdmission } from './admission.js';
import { routerCallers } from './router-callers.js';
import { createTenantMetrics } from './tenant-metrics.js';
import { anyTenant, readTenants, type Tenants } from './tenants-file.js';
import { openTokenVerifier, type TokenVerifier } from './token-verifier.js';

/** Who may call a router, and how much. */
export interface Access extends Security {
  readonly admission: Admission;
}

/**
 * Opens the access of a configuration. Where no credentials are configured, and in plaintext, anybody may call and name a tenant: for
 * development, and behind something that lets nobody else in.
 *
 * @throws Error with a sentence about options that do not go together, or files that cannot be used.
 */
export async function openAccess(config: AccessConfig & TlsConfig, telemetry: Telemetry): Promise<Access> {
  const opened: { close(): void }[] = [];
  const close = () => {
    for (const one of opened.splice(0)) one.close();
  };
  const keep = <T extends { close(): void }>(one: T | null): T | null => {
    if (one !== null) opened.push(one);
    return one;
  };
  try {
    const tls = keep(await openTls(config, telemetry));
    const followed = keep(await followTenants(config, telemetry));
    const tokens = keep(await tokenVerifier(config, telemetry));
    const tenants = () => followed?.current ?? anyTenant;
    const metrics = createTenantMetrics(telemetry, (tenant) => tenants().isListed(tenant));
    return {
      server: {
        credentials: tls?.serverCredentials('optional'),
        authenticate: callersOf(config, {
          isSecure: tls !== null,
          hasKeys: followed !== null,
          tenants,
          tokens,
        }),
        // Balancers ask for it without credentials; it says no more than whether the router serves.
        openHealth: true,
      },
      channelCredentials: tls?.channelCredentials,
      admission: createAdmission(tenants, metrics),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

interface CallerSources {
  readonly isSecure: boolean;
  readonly hasKeys: boolean;
  readonly tenants: () => Tenants;
  readonly tokens: TokenVerifier | null;
}

function callersOf(
  { tlsPeers, anonymousTenant }: AccessConfig & TlsConfig,
  { isSecure, hasKeys, tenants, tokens }: CallerSources,
): Authenticate {
  const hasCredentials = hasKeys || tokens !== null || tlsPeers.length > 0;
  if (!hasCredentials && anonymousTenant === undefined) {
    if (!isSecure) return callerByHeader;
    throw new Error(
      'with TLS, say who may call: --tenants for API keys, --jwt-keys for tokens, --tls-peers, or --anonymous-tenant for anybody',
    );
  }
  return routerCallers({ peers: tlsPeers, tenants, tokens, anonymous: anonymousTenant ?? null });
}

async function followTenants(
  { tenants: path, reloadSeconds }: AccessConfig & TlsConfig,
  { log }: Telemetry,
): Promise<Followed<Tenants> | null> {
  if (path === undefined) return null;
  return follow({
    read: () => readTenants(path),
    same: (a, b) => a.text === b.text,
    everyMs: reloadSeconds * 1000,
    onTaken: ({ keys }) => log.info({ keys: keys.size }, 'took new tenants'),
    onRefused: (reason) => log.warn({ reason }, 'kept the tenants from before'),
  });
}

async function tokenVerifier(
  config: AccessConfig & TlsConfig,
  telemetry: Telemetry,
): Promise<TokenVerifier | null> {
  const { jwtKeys: keys, jwtIssuer: issuer, jwtAudience: audience } = config;
  if (keys === undefined && issuer === undefined && audience === undefined) return null;
  if (keys === undefined || issuer === undefined || audience === undefined) {
    throw new Error('--jwt-keys, --jwt-issuer and --jwt-audience go together');
  }
  const rules = {
    keys,
    issuer,
    audience,
    tenantClaim: config.jwtTenantClaim,
    maxAgeSeconds: config.jwtMaxAgeSeconds,
    singleUse: config.jwtSingleUse,
    reloadMs: config.reloadSeconds * 1000,
  };
  return openTokenVerifier(rules, telemetry);
}
