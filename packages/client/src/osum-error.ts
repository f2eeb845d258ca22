import { ClientError, type Metadata, Status } from 'nice-grpc-common';
import { type ErrorDetails, type FieldViolation, readErrorDetails } from './error-details.js';

/** A call that failed, with the gRPC status that the mesh gave and its sentence about what to do. */
export class OsumError extends Error {
  /** Name of the gRPC status, such as `INVALID_ARGUMENT`. */
  readonly status: string;
  /** Cause in the error catalogue (docs/errors.md), such as `QUEUE_FULL`; undefined if the mesh did not say. */
  readonly reason: string | undefined;
  /** Number of the cause in the error catalogue. */
  readonly number: number | undefined;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Milliseconds after which the mesh asks to come back; undefined if it did not say. */
  readonly retryAfterMs: number | undefined;
  /** Fields of the request that are wrong. */
  readonly violations: readonly FieldViolation[];
  /** Facts for programs, such as `{ limitSeconds: '60' }`. */
  readonly facts: Readonly<Record<string, string>>;

  constructor(status: Status, message: string, details: ErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OsumError';
    this.status = Status[status];
    this.reason = details.reason;
    this.number = details.number;
    this.retryable = mayPass(status, details.pushbackMs);
    this.retryAfterMs = details.pushbackMs === 'never' ? undefined : details.pushbackMs;
    this.violations = details.violations;
    this.facts = details.facts;
  }
}

// Without a pushback, RESOURCE_EXHAUSTED may mean a message that is too large for ever.
function mayPass(status: Status, pushbackMs: ErrorDetails['pushbackMs']): boolean {
  if (pushbackMs === 'never') return false;
  if (status === Status.RESOURCE_EXHAUSTED) return pushbackMs !== undefined;
  return status === Status.UNAVAILABLE || status === Status.ABORTED;
}

/** The `OsumError` of a call's failure; anything that is no gRPC failure (a file that cannot be read, an abort) stays as it is. */
export function osumErrorFrom(error: unknown, trailer: Metadata | undefined): unknown {
  if (!(error instanceof ClientError)) return error;
  return new OsumError(error.code, error.details, readErrorDetails(trailer), { cause: error });
}
