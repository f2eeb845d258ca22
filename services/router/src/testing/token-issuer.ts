import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** Whoever issues tokens in tests. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** File of the JWK set. */
  readonly keys: string;
  /** A token for a tenant, valid for five minutes; `claims` change it, undefined ones are left out. */
  token(tenant: string, claims?: JWTPayload, signedBy?: CryptoKey): Promise<string>;
  /** Changes the key, and the file with it. */
  rotate(): Promise<void>;
  remove(): Promise<void>;
}

const issuer = 'https://issuer.example';
const audience = 'osum-mesh';
const lifetimeSeconds = 300;

/** An issuer with its keys in a temporary folder. */
export async function createTokenIssuer(): Promise<TokenIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-jwt-'));
  const keys = join(folder, 'keys.json');
  let kid = 0;
  let signing: CryptoKey;
  const rotate = async () => {
    const pair = await generateKeyPair('ES256');
    kid += 1;
    signing = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: String(kid), alg: 'ES256' };
    await writeFile(keys, JSON.stringify({ keys: [jwk] }));
  };
  await rotate();
  return {
    issuer,
    audience,
    keys,
    async token(tenant, claims = {}, signedBy = signing) {
      const nowSeconds = Math.floor(Date.now() / 1000);
      const payload: JWTPayload = {
        iss: issuer,
        aud: audience,
        iat: nowSeconds,
        exp: nowSeconds + lifetimeSeconds,
        tenant,
        ...claims,
      };
      return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: String(kid) }).sign(signedBy);
    },
    rotate,
    remove: () => rm(folder, { recursive: true }),
  };
}
