import type { BlockPool } from './block-pool.js';

/** Positions of a KV block: the size that every version of the paged attention operator accepts (ABI reference 4.10). */
export const BLOCK_POSITIONS = 128;

/** Blocks that `positions` positions take. */
export function blocksForPositions(positions: number): number {
  return Math.ceil(positions / BLOCK_POSITIONS);
}

/** The first `positions` positions of block `from`, to be copied into block `to`. */
export interface BlockCopy {
  readonly from: number;
  readonly to: number;
  readonly positions: number;
}

/**
 * Where one sequence's keys and values lie in a paged cache: its blocks in order and how many positions are written.
 * Bookkeeping only; the tensors are in `KvCache`.
 */
export class KvSequence {
  readonly #blocks: number[] = [];
  #length = 0;
  #released = false;

  constructor(readonly pool: BlockPool) {}

  /** Positions whose keys and values are in the cache. */
  get length(): number {
    return this.#length;
  }

  /** Positions that the held blocks can take. */
  get capacity(): number {
    return this.#blocks.length * BLOCK_POSITIONS;
  }

  /** Block ids, in the order of the positions. */
  get blocks(): readonly number[] {
    return this.#blocks;
  }

  /** Takes blocks until `positions` positions fit; throws `OutOfBlocksError` and takes none when they do not suffice. */
  reserve(positions: number): void {
    this.#requireLive();
    const missing = blocksForPositions(positions) - this.#blocks.length;
    if (missing > 0) this.#blocks.push(...this.pool.allocate(missing));
  }

  /** The cache row of a position: block * 128 + offset. */
  slot(position: number): number {
    const block = this.#blocks[Math.floor(position / BLOCK_POSITIONS)];
    if (block === undefined) {
      throw new RangeError(
        `position ${position} lies beyond the ${this.capacity} reserved ones; reserve more first`,
      );
    }
    return block * BLOCK_POSITIONS + (position % BLOCK_POSITIONS);
  }

  /** Notes that `positions` more positions were written. */
  advance(positions: number): void {
    this.#requireLive();
    if (this.#length + positions > this.capacity) {
      throw new RangeError(
        `${this.#length} + ${positions} positions exceed the ${this.capacity} reserved ones; reserve more first`,
      );
    }
    this.#length += positions;
  }

  /**
   * A second sequence with the same positions so far. Full blocks are shared; a partly filled last block gets a twin,
   * whose content the caller copies with `KvCache.copyBlocks` before either sequence goes on. Room for `positions`
   * positions in all is reserved. Throws `OutOfBlocksError`, leaving nothing behind.
   */
  fork(positions: number = this.#length): { sequence: KvSequence; copies: BlockCopy[] } {
    this.#requireLive();
    const full = Math.floor(this.#length / BLOCK_POSITIONS);
    const rest = this.#length % BLOCK_POSITIONS;
    const own = this.pool.allocate(Math.max(0, blocksForPositions(Math.max(positions, this.#length)) - full));
    const shared = this.#blocks.slice(0, full);
    this.pool.retain(shared);
    const sequence = new KvSequence(this.pool);
    sequence.#blocks.push(...shared, ...own);
    sequence.#length = this.#length;
    const copies = rest === 0 ? [] : [{ from: this.#blocks[full]!, to: own[0]!, positions: rest }];
    return { sequence, copies };
  }

  /** Gives all blocks back. The sequence is of no use afterwards; releasing twice is harmless. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.pool.release(this.#blocks.splice(0));
    this.#length = 0;
  }

  #requireLive(): void {
    if (this.#released) throw new Error('this KV sequence was released; start a new one');
  }
}
