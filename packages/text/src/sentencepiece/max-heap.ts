/** A binary heap that hands out its greatest element first. */
export class MaxHeap<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  /** @param compare positive where `a` goes before `b`. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#compare(items[index]!, items[parent]!) <= 0) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Removes and returns the greatest element, undefined from an empty heap. */
  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return top;
    items[0] = last;
    let index = 0;
    for (;;) {
      let greatest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < items.length && this.#compare(items[child]!, items[greatest]!) > 0) greatest = child;
      }
      if (greatest === index) return top;
      this.#swap(index, greatest);
      index = greatest;
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    [items[a], items[b]] = [items[b]!, items[a]!];
  }
}
