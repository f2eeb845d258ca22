/** What a file holds, or several, now and after each change. */
export interface Followed<T> {
  /** What counts now. */
  readonly current: T;
  /** Calls back with what is new; returns the way to end that. */
  onChange(listener: (value: T) => void): () => void;
  /** Stops looking. */
  close(): void;
}

/** Options of {@link follow}. */
export interface FollowOptions<T> {
  /** Reads and checks all there is; throws a sentence if it cannot be used. */
  readonly read: () => Promise<T>;
  readonly same: (a: T, b: T) => boolean;
  /** How often to look, in milliseconds. */
  readonly everyMs: number;
  /** Told of each change. */
  readonly onTaken: (value: T) => void;
  /** Told why a change is not taken: once for each reason in a row. */
  readonly onRefused: (reason: string) => void;
}

/**
 * Reads something now, and again every while. What cannot be used changes nothing: the value from before counts until the next one can.
 * Rejects if it cannot be used at the start.
 */
export async function follow<T>(options: FollowOptions<T>): Promise<Followed<T>> {
  const { read, same, everyMs, onTaken, onRefused } = options;
  let current = await read();
  let refusedFor = '';
  let looking = false;
  const listeners = new Set<(value: T) => void>();

  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const next = await read();
      refusedFor = '';
      if (same(next, current)) return;
      current = next;
      onTaken(next);
      for (const listener of listeners) listener(next);
    } catch (error) {
      const { message } = error as Error;
      if (message !== refusedFor) onRefused(message);
      refusedFor = message;
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, everyMs).unref();

  return {
    get current() {
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
}
