import { status } from '@grpc/grpc-js';
import { type CallOptions, ClientError, type ClientMiddlewareCall, type Metadata } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import { readStatusDetails, type StatusDetails } from '../status/status-details.js';
import { statusTable } from '../status/status-table.js';

/** Client middleware, the innermost: a failed call throws a RemoteError with all that its trailers say. */
export async function* remoteErrorMiddleware<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
): MiddlewareResponses<Response> {
  let trailer: Metadata | undefined;
  const onTrailer = (received: Metadata) => {
    trailer = received;
    options.onTrailer?.(received);
  };
  try {
    return yield* call.next(call.request, { ...options, onTrailer });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw remoteError(error, readStatusDetails(trailer));
  }
}

// A call that this side cancels ends with an AbortError, so CANCELLED means that the other side broke off: a process that was
// killed resets its streams so.
function remoteError({ path, code, details }: ClientError, more: StatusDetails): RemoteError {
  if (code !== status.CANCELLED) return new RemoteError(path, code, details, more);
  const message = `the other side broke off the call: ${details}`;
  return new RemoteError(path, statusTable.stageUnreachable.code, message, {
    ...more,
    kind: 'stageUnreachable',
  });
}
