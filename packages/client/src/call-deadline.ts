/** Longest time that a timer of Node waits: about 24 days. */
const longestTimerMs = 2 ** 31 - 1;

/** Ends one call at its deadline or when its caller asks for it, whichever comes first. */
export class CallDeadline {
  /** Aborts at either. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #budgetMs: number | undefined;
  #passed = false;

  /** @throws RangeError if `deadlineMs` is no time of the future. */
  constructor({ signal, deadlineMs }: { signal?: AbortSignal; deadlineMs?: number }) {
    if (deadlineMs !== undefined && !(deadlineMs > 0)) {
      throw new RangeError(`deadlineMs: expected milliseconds above 0, got ${deadlineMs}`);
    }
    this.signal = this.#controller.signal;
    this.#budgetMs = deadlineMs;
    this.#caller = signal;
    if (signal?.aborted) this.#controller.abort(signal.reason);
    else signal?.addEventListener('abort', this.#abort, { once: true });
    if (deadlineMs !== undefined && deadlineMs <= longestTimerMs) {
      this.#timer = setTimeout(() => {
        this.#passed = true;
        this.#controller.abort();
      }, deadlineMs);
    }
  }

  /** Tells the mesh how long it has, so that it takes up no work that cannot be done in time. */
  get headers(): Record<string, string> {
    return this.#budgetMs === undefined ? {} : { 'grpc-timeout': grpcTimeout(this.#budgetMs) };
  }

  /** Whether the call took too long. */
  get passed(): boolean {
    return this.#passed;
  }

  get message(): string {
    return `The call took longer than its deadline of ${this.#budgetMs} ms; give it more time.`;
  }

  /** Forgets the call. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = () => this.#controller.abort(this.#caller?.reason);
}

// At most 8 digits and a unit (gRPC over HTTP/2, "Timeout"), rounded up.
function grpcTimeout(ms: number): string {
  const units = { m: 1, S: 1_000, M: 60_000, H: 3_600_000 };
  for (const [unit, unitMs] of Object.entries(units)) {
    const value = Math.ceil(ms / unitMs);
    if (value <= 99_999_999) return `${value}${unit}`;
  }
  return '99999999H';
}
