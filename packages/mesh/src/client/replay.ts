/** A request stream that several attempts can read from its start, one after the other. */
export interface Replay<T> {
  /** The stream from its start. Ends the stream of the attempt before. */
  attempt(): AsyncIterable<T>;
  /** Whether another attempt would still see every message. */
  readonly complete: boolean;
  /** Stops remembering: no further attempt will come. */
  commit(): void;
  /** Ends the source. */
  close(): void;
}

/**
 * Remembers the first `maxMessages` messages of `source`. A message that an attempt had asked for when it was given up is not
 * lost: the next attempt gets it.
 */
export function replayable<T>(source: AsyncIterable<T>, maxMessages: number): Replay<T> {
  const iterator = source[Symbol.asyncIterator]();
  const seen: T[] = [];
  let pulling: Promise<IteratorResult<T>> | undefined;
  let remembering = true;
  let forgotten = false;
  let current = 0;

  async function pull(): Promise<IteratorResult<T>> {
    try {
      const next = await iterator.next();
      if (next.done) return next;
      remembering &&= seen.length < maxMessages;
      if (remembering) seen.push(next.value);
      else forgotten = true;
      return next;
    } finally {
      pulling = undefined;
    }
  }

  async function* read(attempt: number): AsyncGenerator<T, void, undefined> {
    for (let taken = 0; ; taken++) {
      if (taken < seen.length) {
        yield seen[taken]!;
      } else {
        pulling ??= pull();
        const next = await pulling;
        if (attempt !== current || next.done) return;
        yield next.value;
      }
      if (attempt !== current) return;
    }
  }

  return {
    attempt: () => read(++current),
    get complete() {
      return !forgotten;
    },
    commit() {
      remembering = false;
    },
    close() {
      current += 1;
      iterator.return?.().catch(() => {});
    },
  };
}
