/** A rewriting rule that matched: so many input bytes become this text. */
export interface CharsmapMatch {
  readonly byteLength: number;
  readonly replacement: Uint8Array;
}

/**
 * The precompiled character map of a normaliser: a Darts double-array trie from byte strings to positions in
 * a pool of NUL-terminated replacements.
 *
 * Layout: u32 size of the trie in bytes; the trie as u32 units; the pool, all little-endian. A unit holds its
 * label in the low byte (bit 31 set in a leaf), bit 8 "has a leaf", and the offset to its children in bits
 * 10-30, to be shifted left by 8 where bit 9 is set; a leaf holds its value in the low 31 bits.
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #pool: Uint8Array;

  /** @throws {Error} when the sizes inside the blob contradict its length. */
  constructor(blob: Uint8Array) {
    const trieBytes = blob.length > 4 ? new DataView(blob.buffer, blob.byteOffset).getUint32(0, true) : 0;
    if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes >= blob.length) {
      throw new Error(
        `the normaliser's character map is broken: ${blob.length} bytes with a trie of ${trieBytes}`,
      );
    }
    this.#units = new Uint32Array(Uint8Array.from(blob.subarray(4, 4 + trieBytes)).buffer);
    this.#pool = blob.subarray(4 + trieBytes);
  }

  /** The longest rule that matches at `offset`, or undefined. */
  match(bytes: Uint8Array, offset: number): CharsmapMatch | undefined {
    let byteLength = 0;
    let poolPosition = 0;
    let node = childrenOffset(this.#units[0]!);
    for (let position = offset; position < bytes.length; position++) {
      node ^= bytes[position]!;
      const unit = this.#units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== bytes[position]) break;
      node ^= childrenOffset(unit);
      if ((unit >>> 8) & 1) {
        byteLength = position + 1 - offset;
        poolPosition = this.#units[node]! & 0x7fffffff;
      }
    }
    if (byteLength === 0) return undefined;
    const end = this.#pool.indexOf(0, poolPosition);
    return { byteLength, replacement: this.#pool.subarray(poolPosition, end < 0 ? undefined : end) };
  }
}

function childrenOffset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
