/** Thrown when the pool has too few free blocks. */
export class OutOfBlocksError extends Error {
  override readonly name = 'OutOfBlocksError';

  constructor(
    readonly wantedBlocks: number,
    readonly freeBlocks: number,
  ) {
    super(
      `${wantedBlocks} KV blocks are needed, but ${freeBlocks} are free; wait until a sequence ends, or enlarge the cache`,
    );
  }
}

/**
 * Which blocks of a KV cache are in use. A block that several sequences share has one reference for each; it is free
 * again when the last one is given back. Shared blocks are full and never written again, so there is no copy on write.
 */
export class BlockPool {
  readonly #references: Uint32Array;
  readonly #free: number[] = [];

  /** `firstBlock` blocks at the start of the cache do not belong to the pool. */
  constructor(
    totalBlocks: number,
    readonly firstBlock = 0,
  ) {
    this.#references = new Uint32Array(totalBlocks);
    for (let block = totalBlocks - 1; block >= firstBlock; block--) this.#free.push(block);
  }

  /** Blocks that sequences can use at most. */
  get totalBlocks(): number {
    return this.#references.length - this.firstBlock;
  }

  get freeBlocks(): number {
    return this.#free.length;
  }

  get usedBlocks(): number {
    return this.totalBlocks - this.freeBlocks;
  }

  /** Takes `count` blocks with one reference each; throws `OutOfBlocksError` and takes none when they do not suffice. */
  allocate(count: number): number[] {
    if (count > this.freeBlocks) throw new OutOfBlocksError(count, this.freeBlocks);
    const blocks: number[] = [];
    for (let i = 0; i < count; i++) {
      const block = this.#free.pop()!;
      this.#references[block] = 1;
      blocks.push(block);
    }
    return blocks;
  }

  /** Adds a reference to each block, which must be in use. */
  retain(blocks: readonly number[]): void {
    for (const block of blocks) this.#references[block] = this.#used(block) + 1;
  }

  /** Gives back one reference of each block. */
  release(blocks: readonly number[]): void {
    for (const block of blocks) {
      const left = this.#used(block) - 1;
      this.#references[block] = left;
      if (left === 0) this.#free.push(block);
    }
  }

  /** Sequences that hold a block; 0 when it is free. */
  references(block: number): number {
    return this.#references[block] ?? 0;
  }

  #used(block: number): number {
    const references = this.references(block);
    if (references === 0) throw new RangeError(`KV block ${block} is not in use`);
    return references;
  }
}
