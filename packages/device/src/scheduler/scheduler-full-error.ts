/** The queue of a `DeviceScheduler` is full; nothing was started. */
export class SchedulerFullError extends Error {
  override readonly name = 'SchedulerFullError';

  constructor(
    readonly queued: number,
    /** Estimated milliseconds until a place is free, for a pushback to the caller. */
    readonly retryAfterMs: number,
  ) {
    super(
      `${queued} requests already wait for a device; try again in about ${retryAfterMs} ms or on another instance`,
    );
  }
}
