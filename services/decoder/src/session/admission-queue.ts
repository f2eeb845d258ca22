import { FairLine, type TenantClock, type Waiting } from '@osum/mesh';

interface Entry<T> extends Waiting {
  /** Returns null while there is not enough room. */
  readonly tryGrant: () => T | null;
  readonly resolve: (granted: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Requests that wait for KV blocks. Tenants take turns such that the blocks granted to each are in proportion to its
 * weight, see `FairLine`.
 */
export class AdmissionQueue {
  readonly #line: FairLine<Entry<unknown>>;

  constructor(
    clock: TenantClock,
    /** Most entries that wait. */
    capacity: number,
    /** What a waiting request is refused with when another tenant has more right to its place. */
    private readonly displaced: () => Error,
  ) {
    this.#line = new FairLine(clock, { maxEntries: capacity, maxCost: Number.POSITIVE_INFINITY });
  }

  get length(): number {
    return this.#line.size;
  }

  /**
   * Waits until `tryGrant` returns something, at once if nobody waits. Rejects with the signal's reason when it
   * aborts. Returns null when the queue is full and the tenant holds its share of it.
   */
  enter<T>(tenant: string, blocks: number, tryGrant: () => T | null, signal: AbortSignal): Promise<T> | null {
    signal.throwIfAborted();
    if (this.#line.size === 0) {
      const granted = tryGrant();
      if (granted !== null) {
        this.#line.pass({ tenant, cost: blocks });
        return Promise.resolve(granted);
      }
    }
    const gone = this.#line.givingWayTo({ tenant, cost: blocks });
    if (gone === null) return null;
    for (const entry of gone) this.#refuse(entry, this.displaced());
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        this.#refuse(entry, signal.reason);
        this.pump();
      };
      const settled = () => signal.removeEventListener('abort', onAbort);
      const entry: Entry<unknown> = {
        tenant,
        cost: blocks,
        tryGrant,
        resolve: (granted) => {
          settled();
          resolve(granted as T);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#line.push(entry);
    });
  }

  /** Grants as many entries as there is room for. Call when room may have appeared. */
  pump(): void {
    for (let entry = this.#line.next; entry !== undefined; entry = this.#line.next) {
      const granted = entry.tryGrant();
      if (granted === null) return;
      this.#line.take(entry);
      entry.resolve(granted);
    }
  }

  /** Rejects everyone. */
  clear(error: unknown): void {
    for (const entry of this.#line.inTurn()) this.#refuse(entry, error);
  }

  #refuse(entry: Entry<unknown>, error: unknown): void {
    this.#line.remove(entry);
    entry.reject(error);
  }
}
