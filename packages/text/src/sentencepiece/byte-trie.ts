const NONE = -1;

/**
 * A read-only trie over byte strings with integer values, in flat arrays: first child, next sibling, label
 * and value per node. Some hundred thousand pieces take a few megabytes.
 */
export class ByteTrie {
  readonly #firstChild: Int32Array;
  readonly #nextSibling: Int32Array;
  readonly #label: Uint8Array;
  readonly #value: Int32Array;

  /** @param entries distinct non-empty keys with values of at least 0. */
  constructor(entries: Iterable<readonly [key: Uint8Array, value: number]>) {
    const sorted = [...entries].sort(([a], [b]) => Buffer.compare(a, b));
    const capacity = 1 + sorted.reduce((sum, [key]) => sum + key.length, 0);
    this.#firstChild = new Int32Array(capacity).fill(NONE);
    this.#nextSibling = new Int32Array(capacity).fill(NONE);
    this.#label = new Uint8Array(capacity);
    this.#value = new Int32Array(capacity).fill(NONE);

    // In sorted order a key shares its prefix with the one before it, so the path of the last key is all that
    // insertion looks at.
    const path = [0];
    let previous: Uint8Array = new Uint8Array();
    let size = 1;
    for (const [key, value] of sorted) {
      let depth = 0;
      while (depth < previous.length && depth < key.length && previous[depth] === key[depth]) depth++;
      let lastSibling = path[depth + 1];
      for (; depth < key.length; depth++) {
        const node = size++;
        this.#label[node] = key[depth]!;
        if (lastSibling === undefined) this.#firstChild[path[depth]!] = node;
        else this.#nextSibling[lastSibling] = node;
        lastSibling = undefined;
        path[depth + 1] = node;
        path.length = depth + 2;
      }
      this.#value[path[key.length]!] = value;
      previous = key;
    }
  }

  /**
   * Calls `found` with length and value of every key that `bytes` starts with at `offset`, shortest first.
   */
  eachPrefix(bytes: Uint8Array, offset: number, found: (byteLength: number, value: number) => void): void {
    let node = 0;
    for (let position = offset; position < bytes.length; position++) {
      node = this.#child(node, bytes[position]!);
      if (node === NONE) return;
      const value = this.#value[node]!;
      if (value !== NONE) found(position + 1 - offset, value);
    }
  }

  /** Length in bytes of the longest key that `bytes` starts with at `offset`, 0 for none. */
  longestPrefix(bytes: Uint8Array, offset: number): number {
    let longest = 0;
    this.eachPrefix(bytes, offset, (byteLength) => {
      longest = byteLength;
    });
    return longest;
  }

  #child(node: number, label: number): number {
    let child = this.#firstChild[node]!;
    while (child !== NONE && this.#label[child] !== label) child = this.#nextSibling[child]!;
    return child;
  }
}
