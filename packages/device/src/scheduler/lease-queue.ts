/** A request that waits. */
export interface Waiting<T> {
  readonly priority: number;
  /** When it was queued, in the clock of the queue. */
  readonly sinceMs: number;
  readonly value: T;
}

/**
 * Requests in the order of priority, then age. Each `ageingMs` of waiting raises a request by one priority, so that a
 * steady stream of urgent work cannot starve the rest.
 */
export class LeaseQueue<T> {
  readonly #waiting = new Set<Waiting<T>>();

  constructor(
    readonly ageingMs: number,
    readonly nowMs: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  push(priority: number, value: T): Waiting<T> {
    const waiting = { priority, sinceMs: this.nowMs(), value };
    this.#waiting.add(waiting);
    return waiting;
  }

  /** Queues an entry again with the age that it had. */
  putBack(waiting: Waiting<T>): void {
    this.#waiting.add(waiting);
  }

  /** Takes an entry out; false when it was not there any more. */
  remove(waiting: Waiting<T>): boolean {
    return this.#waiting.delete(waiting);
  }

  /** The entries, most urgent first, as of now. */
  inOrder(): Waiting<T>[] {
    const now = this.nowMs();
    const urgency = (waiting: Waiting<T>) => waiting.priority + (now - waiting.sinceMs) / this.ageingMs;
    return [...this.#waiting].sort((a, b) => urgency(b) - urgency(a));
  }
}
