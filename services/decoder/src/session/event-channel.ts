/** A queue between the step loop, which pushes, and one stream, which reads. Ends once, with or without an error. */
export class EventChannel<T> implements AsyncIterable<T> {
  readonly #queue: T[] = [];
  #closed: { readonly error: unknown } | null = null;
  #notify: () => void = () => {};

  push(event: T): void {
    if (this.#closed) return;
    this.#queue.push(event);
    this.#notify();
  }

  /** What was pushed is still read, then the reader ends, by throwing `error` unless it is null. */
  close(error: unknown = null): void {
    this.#closed ??= { error };
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#queue.length > 0) yield this.#queue.shift() as T;
      if (this.#closed) {
        if (this.#closed.error !== null) throw this.#closed.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }
}
