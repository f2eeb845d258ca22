import type { BlockPool } from '@osum/nn';

/**
 * Promises of KV blocks. What was admitted has a promise of all blocks that it may need and takes them from the pool
 * as it grows; so it can always finish, and nothing is ever preempted or swapped.
 */
export class BlockLedger {
  #promised = 0;

  constructor(readonly pool: BlockPool) {}

  /** Blocks promised and not yet taken. */
  get promised(): number {
    return this.#promised;
  }

  /** Blocks that a new promise can have. */
  get available(): number {
    return this.pool.freeBlocks - this.#promised;
  }

  /** Promises `count` blocks; null when fewer are available. */
  promise(count: number): BlockPromise | null {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`cannot promise ${count} blocks`);
    if (count > this.available) return null;
    this.#promised += count;
    return new BlockPromise(count, (redeemed) => {
      this.#promised -= redeemed;
    });
  }
}

/** Blocks promised to one owner. */
export class BlockPromise {
  constructor(
    private blocks: number,
    private readonly onRedeemed: (blocks: number) => void,
  ) {}

  get remaining(): number {
    return this.blocks;
  }

  /** Notes that the owner took blocks. Throws when it took more than promised: then admission miscounted. */
  redeem(blocks: number): void {
    if (blocks > this.blocks) {
      throw new RangeError(
        `${blocks} KV blocks were taken on a promise of ${this.blocks}; admission counted too few`,
      );
    }
    this.blocks -= blocks;
    this.onRedeemed(blocks);
  }

  /** Gives up what is promised beyond `blocks`. */
  shrinkTo(blocks: number): void {
    if (blocks < this.blocks) this.redeem(this.blocks - blocks);
  }
}
