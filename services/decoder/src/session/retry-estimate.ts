/** Weight of the newest session in the average. */
const SMOOTHING = 0.2;
const FIRST_GUESS_MS = 1000;
const SHORTEST_MS = 100;
const LONGEST_MS = 10_000;

/** Estimates when a place will be free: the smoothed length of a session, shared among those that run. */
export class RetryEstimate {
  #sessionMs = FIRST_GUESS_MS;

  /** A session was over after this time. */
  observe(sessionMs: number): void {
    this.#sessionMs += SMOOTHING * (sessionMs - this.#sessionMs);
  }

  /** Milliseconds until everyone waiting now will have had a place. */
  milliseconds(running: number, waiting: number): number {
    const estimate = (this.#sessionMs * (waiting + 1)) / Math.max(1, running);
    return Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, estimate)));
  }
}
