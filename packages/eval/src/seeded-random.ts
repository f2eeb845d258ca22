import { createHash } from 'node:crypto';

/**
 * Numbers in [0, 1), the same for the same seed on every machine. The generator is mulberry32 (T. Ettinger, 2017): 2^32 numbers
 * before it repeats, good enough to draw samples, no good for secrets.
 *
 * @param seed words or numbers; any change of any of them gives other numbers.
 */
export function seededRandom(...seed: readonly (string | number)[]): () => number {
  let state = createHash('sha256').update(JSON.stringify(seed)).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
