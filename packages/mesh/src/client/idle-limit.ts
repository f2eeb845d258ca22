interface Kept<Value> {
  readonly value: Value;
  users: number;
}

/** Things that are costly to make, kept by key while they are in use, and the `max` latest beyond that. */
export class IdleLimit<Value> {
  // The longest unused first.
  readonly #kept = new Map<string, Kept<Value>>();

  constructor(
    private readonly max: number,
    private readonly close: (value: Value) => void,
  ) {}

  get size(): number {
    return this.#kept.size;
  }

  /** Does `work` with what is kept under `key`, or what `open` makes. */
  async use<T>(key: string, open: () => Value, work: (value: Value) => Promise<T>): Promise<T> {
    const entry = this.#kept.get(key) ?? { value: open(), users: 0 };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    entry.users += 1;
    try {
      return await work(entry.value);
    } finally {
      entry.users -= 1;
      this.#trim();
    }
  }

  /** Closes all, used or not. */
  clear(): void {
    for (const { value } of this.#kept.values()) this.close(value);
    this.#kept.clear();
  }

  #trim(): void {
    for (const [key, { value, users }] of this.#kept) {
      if (this.#kept.size <= this.max) return;
      if (users > 0) continue;
      this.#kept.delete(key);
      this.close(value);
    }
  }
}
