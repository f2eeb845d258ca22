import { abortablePromise } from '@osum/mesh';

/** A bounded number of places. */
export interface Slots {
  /** Waits for a place; resolves to the way to give it back. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
}

/** `count` places, given in the order asked for. */
export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return release;
      }
      let grant: () => void = () => {};
      const granted = new Promise<void>((resolve) => {
        grant = resolve;
      });
      waiting.push(grant);
      try {
        await abortablePromise(granted, signal);
      } catch (error) {
        const place = waiting.indexOf(grant);
        if (place >= 0) waiting.splice(place, 1);
        else release();
        throw error;
      }
      return release;
    },
  };
}
