import type { TenantClock } from '../schedule/tenant-clock.js';

interface Entry<T> {
  readonly tenant: string;
  readonly blocks: number;
  /** Returns null while there is not enough room. */
  readonly tryGrant: () => T | null;
  readonly resolve: (granted: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Requests that wait for KV blocks. Tenants take turns such that the blocks granted to each are in proportion to its
 * weight; within a tenant the order of arrival holds. The next in turn is never overtaken, so a large request is not
 * starved by small ones.
 */
export class AdmissionQueue {
  readonly #entries: Entry<unknown>[] = [];

  constructor(
    private readonly clock: TenantClock,
    /** Most entries that wait. */
    readonly capacity: number,
    /** What a waiting request is refused with when another tenant has more right to its place. */
    private readonly displaced: () => Error,
  ) {}

  get length(): number {
    return this.#entries.length;
  }

  /**
   * Waits until `tryGrant` returns something, at once if nobody waits. Rejects with the signal's reason when it
   * aborts. Returns null when the queue is full and the tenant holds its share of it.
   */
  enter<T>(tenant: string, blocks: number, tryGrant: () => T | null, signal: AbortSignal): Promise<T> | null {
    signal.throwIfAborted();
    this.clock.enter(tenant);
    if (this.#entries.length === 0) {
      const granted = tryGrant();
      if (granted !== null) {
        this.clock.charge(tenant, blocks);
        this.clock.leave(tenant);
        return Promise.resolve(granted);
      }
    }
    if (this.#entries.length >= this.capacity && !this.#displaceFor(tenant)) {
      this.clock.leave(tenant);
      return null;
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        this.#remove(entry);
        reject(signal.reason);
        this.pump();
      };
      const settled = () => signal.removeEventListener('abort', onAbort);
      const entry: Entry<unknown> = {
        tenant,
        blocks,
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
      this.#entries.push(entry);
    });
  }

  /** Grants as many entries as there is room for. Call when room may have appeared. */
  pump(): void {
    for (let entry = this.#next(); entry !== null; entry = this.#next()) {
      const granted = entry.tryGrant();
      if (granted === null) return;
      this.clock.charge(entry.tenant, entry.blocks);
      this.#remove(entry);
      entry.resolve(granted);
    }
  }

  /** Rejects everyone. */
  clear(error: unknown): void {
    for (const entry of [...this.#entries]) {
      this.#remove(entry);
      entry.reject(error);
    }
  }

  #next(): Entry<unknown> | null {
    let best: Entry<unknown> | null = null;
    for (const entry of this.#entries) {
      if (best === null || this.clock.time(entry.tenant) < this.clock.time(best.tenant)) best = entry;
    }
    return best;
  }

  /** Refuses the latest request of the tenant that holds most of a full queue, if `tenant` would still hold less. */
  #displaceFor(tenant: string): boolean {
    const held = new Map<string, number>();
    for (const entry of this.#entries) {
      held.set(entry.tenant, (held.get(entry.tenant) ?? 0) + this.clock.cost(entry.tenant, 1));
    }
    const [greediest, most] = [...held].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    if (greediest === tenant || most <= (held.get(tenant) ?? 0) + this.clock.cost(tenant, 1)) return false;
    const last = this.#entries.findLast((entry) => entry.tenant === greediest) as Entry<unknown>;
    this.#remove(last);
    last.reject(this.displaced());
    return true;
  }

  #remove(entry: Entry<unknown>): void {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return;
    this.#entries.splice(index, 1);
    this.clock.leave(entry.tenant);
  }
}
