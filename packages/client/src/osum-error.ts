import { ClientError, Status } from 'nice-grpc-common';

/** A call that failed, with the gRPC status that the mesh gave and its sentence about what to do. */
export class OsumError extends Error {
  /** Name of the gRPC status, such as `INVALID_ARGUMENT`. */
  readonly status: string;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor(status: Status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OsumError';
    this.status = Status[status];
    this.retryable = retryableStatuses.has(status);
  }
}

const retryableStatuses: ReadonlySet<Status> = new Set([
  Status.UNAVAILABLE,
  Status.RESOURCE_EXHAUSTED,
  Status.ABORTED,
]);

/** The `OsumError` of a call's failure; anything that is no gRPC failure (a file that cannot be read, an abort) stays as it is. */
export function osumErrorFrom(error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  return new OsumError(error.code, error.details, { cause: error });
}
