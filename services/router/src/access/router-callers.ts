import {
  type Authenticate,
  type CallEvidence,
  callerByHeader,
  callerOfTenant,
  credentialHeaders,
  isTrusted,
  MeshError,
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

/**
 * Who calls a router: whoever the API key or token says; else a peer, for the tenant that it names; else the anonymous tenant. A tenant
 * header of anyone but a peer has to fit what was verified.
 */
export function routerCallers(rules: CallerRules): Authenticate {
  return async (evidence) => {
    const shown = credentialsOf(evidence);
    if (shown !== null) {
      const tenant = await tenantOf(shown, rules);
      return callerOfTenant(evidence, tenant);
    }
    if (isTrusted(evidence.peer, rules.peers)) return callerByHeader(evidence);
    if (rules.anonymous !== null) return callerOfTenant(evidence, rules.anonymous);
    throw new MeshError(
      'unauthenticated',
      `Expected ${expected(rules)}; got ${evidence.peer === undefined ? 'none' : 'a client certificate of somebody else'}.`,
    );
  };
}

/** The key or token that a call shows; null without any. */
function credentialsOf({ metadata }: CallEvidence): string | null {
  const key = metadata.get(credentialHeaders.apiKey);
  const authorization = metadata.get(credentialHeaders.authorization);
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

function expected({ peers, tenants, tokens }: CallerRules): string {
  const ways = [
    ...(tenants().keys.size > 0 ? ['an API key in x-api-key'] : []),
    ...(tokens === null ? [] : ['a token in authorization: Bearer ...']),
    ...(peers.length > 0 ? ['a client certificate of a peer'] : []),
  ];
  return ways.join(', or ');
}
