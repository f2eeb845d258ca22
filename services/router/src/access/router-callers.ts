import {
  type Authenticate,
  type CallEvidence,
  type Caller,
  callerByHeader,
  defaultTenant,
  isTrusted,
  MeshError,
  tenantHeader,
} from '@osum/mesh';
import { apiKeyPrefix, listedKey } from './api-keys.js';
import type { Tenants } from './tenants-file.js';
import type { TokenVerifier } from './token-verifier.js';

/** By what callers of a router are known. */
export interface CallerRules {
  /** SPIFFE identities of the mesh's own services: the tenant that they name is believed. */
  readonly peers: readonly string[];
  /** Tenants with their keys, as they are now. */
  readonly tenants: () => Tenants;
  readonly tokens: TokenVerifier | null;
  /** Tenant of callers without credentials; null if they are refused. */
  readonly anonymous: string | null;
}

const apiKeyHeader = 'x-api-key';
const authorizationHeader = 'authorization';

/**
 * Who calls a router: whoever the API key or token says; else a peer, for the tenant that it names; else the anonymous tenant. A tenant
 * header of anyone but a peer has to fit what was verified.
 */
export function routerCallers(rules: CallerRules): Authenticate {
  return async (evidence) => {
    const shown = credentialsOf(evidence);
    if (shown !== null) {
      const tenant = await tenantOf(shown, rules);
      return requireSameTenant(evidence, tenant);
    }
    if (isTrusted(evidence.peer, rules.peers)) return callerByHeader(evidence);
    if (rules.anonymous !== null) return requireSameTenant(evidence, rules.anonymous);
    throw new MeshError(
      'unauthenticated',
      `Expected ${expected(rules)}; got ${evidence.peer === undefined ? 'none' : 'a client certificate of somebody else'}.`,
    );
  };
}

/** The key or token that a call shows; null without any. */
function credentialsOf({ metadata }: CallEvidence): string | null {
  const key = metadata.get(apiKeyHeader);
  const authorization = metadata.get(authorizationHeader);
  if (key !== undefined && authorization !== undefined) {
    throw new MeshError('unauthenticated', 'Expected either x-api-key or authorization, got both.');
  }
  if (key !== undefined) return key;
  if (authorization === undefined) return null;
  const [, bearer] = /^Bearer +([^\s]+) *$/i.exec(authorization) ?? [];
  if (bearer !== undefined) return bearer;
  throw new MeshError('unauthenticated', 'Expected `authorization: Bearer ...` with an API key or a token.');
}

async function tenantOf(shown: string, rules: CallerRules): Promise<string> {
  if (shown.startsWith(apiKeyPrefix) || rules.tokens === null) {
    return listedKey(shown, rules.tenants().keys).tenant;
  }
  return rules.tokens.tenantOf(shown);
}

function requireSameTenant({ metadata }: CallEvidence, tenant: string): Caller {
  const named = metadata.get(tenantHeader);
  // A gateway names the default tenant for whoever names none.
  if (named === undefined || named === tenant || named === defaultTenant) return { tenant };
  throw new MeshError(
    'notAllowed',
    `The credentials are of the tenant "${tenant}", but ${tenantHeader} names another; leave the header out.`,
    { facts: { tenant } },
  );
}

function expected({ peers, tenants, tokens }: CallerRules): string {
  const ways = [
    ...(tenants().keys.size > 0 ? ['an API key in x-api-key'] : []),
    ...(tokens === null ? [] : ['a token in authorization: Bearer ...']),
    ...(peers.length > 0 ? ['a client certificate of a peer'] : []),
  ];
  return ways.join(', or ');
}
