import { MeshError } from '../status/mesh-error.js';

/** How long a caller may keep a server waiting for its messages, in milliseconds; Infinity for as long as it likes. */
export interface Pace {
  /** For the first message. */
  readonly firstMs: number;
  /** For any later one. */
  readonly gapMs: number;
  /** For all of them together. Time in which nobody reads does not count. */
  readonly totalMs: number;
}

const longestTimerMs = 2 ** 31 - 1;

/** Yields what `messages` yields. Throws `requestStalled` when the caller is slower than `pace`. */
export async function* paced<T>(messages: AsyncIterable<T>, pace: Pace): AsyncGenerator<T, void, undefined> {
  const iterator = messages[Symbol.asyncIterator]();
  let waitedMs = 0;
  let allowedMs = pace.firstMs;
  let finished = false;
  try {
    while (true) {
      const beganMs = performance.now();
      const limitMs = Math.min(allowedMs, pace.totalMs - waitedMs);
      const next = await withinTime(iterator.next(), limitMs, () => stalled(allowedMs, limitMs, pace));
      if (next.done) {
        finished = true;
        return;
      }
      waitedMs += performance.now() - beganMs;
      allowedMs = pace.gapMs;
      yield next.value;
    }
  } finally {
    if (!finished) iterator.return?.(undefined).catch(() => {});
  }
}

/** `promise`, or a rejection with `reason()` after `ms`. */
async function withinTime<T>(promise: Promise<T>, ms: number, reason: () => Error): Promise<T> {
  if (ms > longestTimerMs) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(reason()), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

function stalled(allowedMs: number, limitMs: number, { totalMs }: Pace): MeshError {
  const message =
    limitMs < allowedMs
      ? `The messages of the call took longer than the ${totalMs} ms that the server waits for all of them; send them faster.`
      : `No message came within ${allowedMs} ms; send the messages without long pauses.`;
  return new MeshError('requestStalled', message, {
    facts: { limitMs: String(Math.min(allowedMs, totalMs)) },
  });
}
