import { MeshError } from '@osum/mesh';

/** Something wanted and the most that there is of it. */
export interface Bounded {
  readonly wanted: number;
  readonly limit: number;
}

/** Everyone who may wait for KV blocks does so already. */
export function queueFull(capacity: number, pushbackMs: number): MeshError {
  return new MeshError(
    'queueFull',
    `All KV blocks or places are taken and ${capacity} sessions wait for them; try again in ${pushbackMs} ms or on another decoder.`,
    { pushbackMs, facts: { waiting: String(capacity) } },
  );
}

/** A waiting session gave its place to a tenant that holds less of the queue. */
export function displaced(pushbackMs: number): MeshError {
  return new MeshError(
    'tenantOverShare',
    `The queue is full and this tenant holds most of it, so its latest session gave way to another tenant's; try again in ${pushbackMs} ms.`,
    { pushbackMs },
  );
}

export function draining(): MeshError {
  return new MeshError('draining', 'This decoder is shutting down; try another one.');
}

export function deviceLost(cause?: unknown): MeshError {
  return new MeshError(
    'deviceLost',
    'The device of this decoder failed and is being brought back, and its KV cache is lost; start the session again, on another decoder.',
    { cause },
  );
}

export function attachTimedOut(timeoutMs: number): MeshError {
  return new MeshError(
    'sessionLost',
    `No speech was attached within ${timeoutMs} ms of the admission; start the session again, or raise attachTimeoutMs.`,
    { facts: { attachTimeoutMs: String(timeoutMs) } },
  );
}

/** The speech stopped coming after the attach was accepted. */
export function attachBroken(cause: unknown): MeshError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MeshError('sessionLost', `The speech could not be attached: ${why} Start the session again.`, {
    cause,
  });
}

/** Nobody waits for the speech any more: the caller of Generate left, or the session failed. */
export function endedMeanwhile(cause?: unknown): MeshError {
  return new MeshError('sessionLost', 'The session ended while its speech was on the way.', { cause });
}

export function sessionUnknown(): MeshError {
  return new MeshError(
    'unknownSession',
    'The tenant has no session of this id and token here, or it is over; start one with Generate on this decoder.',
  );
}

export function speechAlreadyAttached(): MeshError {
  return new MeshError(
    'wrongState',
    'The speech of this session was attached before; a session takes it once.',
  );
}

export function speechNotWanted(): MeshError {
  return new MeshError('wrongState', 'No pass of this session has speech; attach none.');
}

/** The session cannot fit even into an empty decoder. */
export function requestTooLarge(
  size: Readonly<Record<'positions' | 'passes' | 'kvBlocks', Bounded>>,
): MeshError {
  const over = Object.entries(size).filter(([, { wanted, limit }]) => wanted > limit);
  const said = over.map(([what, { wanted, limit }]) => `${wanted} ${what} of at most ${limit}`).join(', ');
  const facts = Object.fromEntries(over.map(([what, { limit }]) => [what, String(limit)]));
  return new MeshError(
    'tooLong',
    `Prompt, speech and new tokens together need ${said}; send shorter audio, fewer passes or a smaller max_new_tokens.`,
    { facts },
  );
}
