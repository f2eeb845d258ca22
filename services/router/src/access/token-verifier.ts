import { readFile } from 'node:fs/promises';
import { type Followed, follow, MeshError, type Telemetry } from '@osum/mesh';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { createReplayGuard } from './replay-guard.js';
import { tenantName } from './tenants-file.js';

/** How tokens are verified. */
export interface TokenRules {
  /** A JWK set: a file, or an `https:` address (`http:` on this machine). */
  readonly keys: string;
  readonly issuer: string;
  readonly audience: string;
  /** Claim that names the tenant. */
  readonly tenantClaim: string;
  /** A token is refused when it was issued longer ago, whatever its `exp` says. */
  readonly maxAgeSeconds: number;
  /** Whether each token, told by its `jti`, counts once. */
  readonly singleUse: boolean;
  /** How often a file of keys is looked at, in milliseconds. */
  readonly reloadMs: number;
}

/** Verifies tokens of one issuer. */
export interface TokenVerifier {
  /** The tenant of a token. Rejects with UNAUTHENTICATED, or UNAVAILABLE if the keys cannot be fetched. */
  tenantOf(token: string): Promise<string>;
  close(): void;
}

// No shared secrets: with one, whoever verifies could also issue.
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clockToleranceSeconds = 10;
/** Keys elsewhere are fetched over TLS; a sidecar on this machine may do that. */
const keyAddress = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/;

/** Opens the keys. Rejects with a sentence if they are in a file that cannot be used. */
export async function openTokenVerifier(rules: TokenRules, telemetry: Telemetry): Promise<TokenVerifier> {
  const { issuer, audience, tenantClaim, maxAgeSeconds, singleUse } = rules;
  const keys = await openKeys(rules, telemetry);
  const guard = singleUse ? createReplayGuard() : null;
  const options = {
    issuer,
    audience,
    algorithms,
    clockTolerance: clockToleranceSeconds,
    maxTokenAge: maxAgeSeconds,
    requiredClaims: ['exp', tenantClaim, ...(singleUse ? ['jti'] : [])],
  };
  return {
    async tenantOf(token) {
      const { payload } = await jwtVerify(token, keys.resolve, options).catch((error) => {
        throw refusal(error, rules);
      });
      const tenant = payload[tenantClaim];
      if (typeof tenant !== 'string' || !tenantName.test(tenant)) {
        throw refused(
          `its claim "${tenantClaim}" is no name of a tenant: 1 to 128 letters, digits or .:@/_-`,
          'badTenant',
        );
      }
      guard?.use(`${payload.iss} ${payload.jti}`, forgottenMs(payload, maxAgeSeconds));
      return tenant;
    },
    close: () => keys.close(),
  };
}

/** The tokens' own faults that looking for their key may bring to light. */
const tokenFaults = new Set([
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]);

/** Keys at an address: fetched at the first token, and again for a key that is not known, at most every half minute. */
function fetchedKeys(address: URL): JWTVerifyGetKey {
  const fetched = createRemoteJWKSet(address);
  return async (header, token) => {
    try {
      return await fetched(header, token);
    } catch (error) {
      if (error instanceof errors.JOSEError && tokenFaults.has(error.code)) throw error;
      throw new MeshError(
        'stageUnreachable',
        'The keys that tokens are verified with cannot be fetched now; try again.',
        { cause: error },
      );
    }
  };
}

/** When a token is refused anyway. */
function forgottenMs({ exp = 0, iat = 0 }: JWTPayload, maxAgeSeconds: number): number {
  return (Math.min(exp, iat + maxAgeSeconds) + clockToleranceSeconds) * 1000;
}

async function openKeys(
  { keys, reloadMs }: TokenRules,
  { log }: Telemetry,
): Promise<{ resolve: JWTVerifyGetKey; close(): void }> {
  if (keyAddress.test(keys)) return { resolve: fetchedKeys(new URL(keys)), close: () => {} };
  const file: Followed<{ text: string; resolve: JWTVerifyGetKey }> = await follow({
    read: () => readKeySet(keys),
    same: (a, b) => a.text === b.text,
    everyMs: reloadMs,
    onTaken: () => log.info('took new keys for tokens'),
    onRefused: (reason) => log.warn({ reason }, 'kept the keys for tokens from before'),
  });
  return {
    resolve: (header, token) => file.current.resolve(header, token),
    close: () => file.close(),
  };
}

async function readKeySet(path: string): Promise<{ text: string; resolve: JWTVerifyGetKey }> {
  try {
    const text = await readFile(path, 'utf8');
    return { text, resolve: createLocalJWKSet(JSON.parse(text) as JSONWebKeySet) };
  } catch (error) {
    throw new Error(`cannot use the JWK set ${path}: ${(error as Error).message}`);
  }
}

/** Why a token is not taken, in words for whoever sent it. */
function refusal(error: unknown, { audience, issuer, maxAgeSeconds }: TokenRules): MeshError {
  if (error instanceof MeshError) return error;
  if (error instanceof errors.JWTExpired) {
    return error.claim === 'iat'
      ? refused(`it was issued more than ${maxAgeSeconds} s ago`, 'tooOld')
      : refused('it has expired', 'expired');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === 'missing') return refused(`it has no claim "${claim}"`, 'missingClaim');
    if (claim === 'aud') return refused(`it is not for the audience "${audience}"`, 'wrongAudience');
    if (claim === 'iss') return refused(`it is not from the issuer "${issuer}"`, 'wrongIssuer');
    return refused(`its claim "${claim}" does not hold: ${error.message}`, 'badClaim');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return refused('its signature is not by a key of the issuer', 'badSignature');
  }
  return refused('it is no signed token that can be verified', 'malformed');
}

function refused(why: string, reason: string): MeshError {
  return new MeshError('unauthenticated', `The token is refused: ${why}; get a new one.`, {
    facts: { reason },
  });
}
