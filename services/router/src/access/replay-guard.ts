import { MeshError } from '@osum/mesh';

/** Remembers the tokens that were used, so that none is used twice. */
export interface ReplayGuard {
  /** Throws UNAUTHENTICATED if the token was used before; else remembers it until it expires. */
  use(id: string, expiresMs: number): void;
}

/**
 * A guard in the memory of this process: another router does not know what was used here.
 *
 * @param maxTokens tokens remembered at one time; above it calls are refused with RESOURCE_EXHAUSTED, for forgetting one would let it
 *   be used again.
 */
export function createReplayGuard(maxTokens = 200_000): ReplayGuard {
  const used = new Map<string, number>();
  const forgetExpired = (nowMs: number) => {
    for (const [id, expiresMs] of used) if (expiresMs <= nowMs) used.delete(id);
  };
  return {
    use(id, expiresMs) {
      if (used.has(id)) {
        throw new MeshError('unauthenticated', 'The token was used before, and counts once; get a new one.', {
          facts: { reason: 'replayed' },
        });
      }
      if (used.size >= maxTokens) {
        forgetExpired(Date.now());
        if (used.size >= maxTokens) throw tooMany(Math.min(...used.values()) - Date.now());
      }
      used.set(id, expiresMs);
    },
  };
}

function tooMany(pushbackMs: number): MeshError {
  return new MeshError(
    'queueFull',
    'This router remembers as many single-use tokens as it may; try again later, or on another router.',
    { pushbackMs },
  );
}
