import type { BlockLedger } from './block-ledger.js';
import { blocksBetween, ContextSpan } from './context-span.js';

/**
 * Computed beginnings that many requests share: the fixed system texts. A kept span outlives its users; the one used
 * longest ago goes when its blocks are wanted.
 */
export class PrefixCache {
  readonly #spans = new Map<string, ContextSpan>();

  constructor(
    private readonly ledger: BlockLedger,
    /** Most prefixes kept. */
    private readonly capacity: number,
  ) {}

  get size(): number {
    return this.#spans.size;
  }

  /** Blocks that eviction would free at once. */
  get idleBlocks(): number {
    return [...this.#spans.values()].reduce((sum, span) => sum + (isIdle(span) ? span.ownBlocks : 0), 0);
  }

  /** The span of these tokens, possibly still to be computed, retained for the caller; null when there is none. */
  acquire(tokens: readonly number[]): ContextSpan | null {
    const key = keyOf(tokens);
    const span = this.#spans.get(key);
    if (span === undefined) return null;
    this.#spans.delete(key);
    if (span.failure !== null) {
      span.release();
      return null;
    }
    this.#spans.set(key, span);
    span.retain();
    return span;
  }

  /** Starts a span for these tokens, retained for the caller. Make room for its blocks first. */
  create(tokens: readonly number[]): ContextSpan {
    const promise = this.ledger.promise(blocksBetween(0, tokens.length));
    if (promise === null) throw new Error('room for a system text was made and then was not there');
    const span = new ContextSpan(this.ledger, promise, null, tokens, null);
    if (this.#spans.size >= this.capacity) this.#evictOldest();
    if (this.#spans.size < this.capacity) {
      this.#spans.set(keyOf(tokens), span);
      span.retain();
    }
    return span;
  }

  /** Drops idle prefixes, oldest use first, until `blocks` are available; false, with none dropped, if they cannot be. */
  makeRoom(blocks: number): boolean {
    if (this.ledger.available + this.idleBlocks < blocks) return false;
    while (this.ledger.available < blocks && this.#evictOldest());
    return true;
  }

  /** Forgets everything; users keep their spans until they release them. */
  clear(): void {
    for (const key of [...this.#spans.keys()]) this.#forget(key);
  }

  #evictOldest(): boolean {
    for (const [key, span] of this.#spans) {
      if (!isIdle(span)) continue;
      this.#forget(key);
      return true;
    }
    return false;
  }

  #forget(key: string): void {
    const span = this.#spans.get(key);
    this.#spans.delete(key);
    span?.release();
  }
}

/** True when only the cache holds it: nobody computes it or waits to fork from it. */
function isIdle(span: ContextSpan): boolean {
  return span.references === 1;
}

function keyOf(tokens: readonly number[]): string {
  return tokens.join(' ');
}
