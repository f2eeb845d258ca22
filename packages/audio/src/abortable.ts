/**
 * Passes a stream on until the signal is aborted; then throws the signal's reason at once, even while the
 * source has nothing to give. The source is told to stop in every case.
 */
export async function* abortable<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  signal.throwIfAborted();
  const { promise: aborted, reject } = rejection();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isDone = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted]);
      isDone = result.done === true;
      if (isDone) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a source that hangs must not keep the abort from being seen.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

function rejection(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  promise.catch(() => {});
  return { promise, reject };
}
