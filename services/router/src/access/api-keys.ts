import { createHash, randomBytes } from 'node:crypto';
import { MeshError } from '@osum/mesh';
import type { ListedKey } from './tenants-file.js';

/** How every key begins, so that it is told from a token, and found where it should not be. */
export const apiKeyPrefix = 'osum_';

const keyBytes = 32;

/** A new API key: 256 random bits. Whoever has it is the tenant. */
export function newApiKey(): string {
  return apiKeyPrefix + randomBytes(keyBytes).toString('base64url');
}

/** What is listed of a key. A fast hash is enough: a key has too many random bits to be guessed. */
export function apiKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The listed key that `key` is. Throws UNAUTHENTICATED if it is none, or has expired. */
export function listedKey(key: string, keys: ReadonlyMap<string, ListedKey>, nowMs = Date.now()): ListedKey {
  const listed = keys.get(apiKeyHash(key));
  if (listed === undefined) {
    throw new MeshError(
      'unauthenticated',
      'The API key is not known here; use one that the operator gave you.',
    );
  }
  if (nowMs >= listed.expiresMs) {
    throw new MeshError(
      'unauthenticated',
      `The API key ${listed.id} expired on ${new Date(listed.expiresMs).toISOString()}; ask the operator for a new one.`,
      { facts: { key: listed.id } },
    );
  }
  return listed;
}
