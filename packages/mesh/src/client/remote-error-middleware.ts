import { status } from '@grpc/grpc-js';
import { type CallOptions, ClientError, type ClientMiddlewareCall, type Metadata } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { RemoteError } from '../status/remote-error.js';
import { readStatusDetails, type StatusDetails } from '../status/status-details.js';
import { statusTable } from '../status/status-table.js';

// grpc-js's words for a stream that ended without a status.
const streamReset = 'Received RST_STREAM';

/**
 * Client middleware, the innermost: a failed call throws a RemoteError with all that its trailers say.
 *
 * @param isSecure whether the channel uses TLS.
 */
export function remoteErrorMiddleware(isSecure: boolean) {
  return async function* remoteErrors<Request, Response>(
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
      throw remoteError(error, readStatusDetails(trailer), isSecure);
    }
  };
}

// A call that this side cancels ends with an AbortError, so CANCELLED means that the other side broke off: a process that was
// killed resets its streams so, and a proxy before it resets them as INTERNAL. UNAVAILABLE without a row of the table comes from the
// transport, not from a stage.
function remoteError(
  { path, code, details }: ClientError,
  more: StatusDetails,
  isSecure: boolean,
): RemoteError {
  const service = path.split('/')[1];
  const unreachable = (message: string) =>
    new RemoteError(path, statusTable.stageUnreachable.code, message, { ...more, kind: 'stageUnreachable' });
  const isReset = code === status.INTERNAL && more.kind === undefined && details.startsWith(streamReset);
  if (code === status.CANCELLED || isReset) {
    return unreachable(`${service} broke off the call; its process may have died. Try again.`);
  }
  if (code === status.UNAVAILABLE && more.kind === undefined) {
    const toCheck = isSecure
      ? 'that it runs, that its address is right, and that both certificates are valid and of authorities that the other side trusts'
      : 'that it runs, that its address is right, and that it does not expect TLS';
    return unreachable(`${service} cannot be reached: ${transportReason(details)}; check ${toCheck}.`);
  }
  return new RemoteError(path, code, details, more);
}

/** The innermost of the reasons that the transport's balancers and resolvers wrap into each other. */
function transportReason(details: string): string {
  return details
    .replace(/^.*Last error: (Error: )?/s, '')
    .replace(/\. Resolution note:.*$/s, '')
    .replace(/^[0-9A-F]+:error:[^:]*:SSL routines:[^:]*:([^:]*):.*$/s, '$1');
}
