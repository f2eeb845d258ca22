import { type CallOptions, ClientError, type ClientMiddlewareCall, type Metadata } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import { readStatusDetails } from '../status/status-details.js';

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
    throw new RemoteError(error.path, error.code, error.details, readStatusDetails(trailer));
  }
}
