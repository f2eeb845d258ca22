import { status } from '@grpc/grpc-js';
import { type CallContext, ServerError, type ServerMiddlewareCall } from 'nice-grpc-common';
import type { MiddlewareResponses } from '../middleware-responses.js';
import { MeshError } from './mesh-error.js';
import { RemoteError } from './remote-error.js';
import { type StatusDetails, writeStatusDetails } from './status-details.js';
import { type StatusKind, statusTable } from './status-table.js';

/** Turns an error that the kit does not know into one of the table; undefined to leave it INTERNAL. */
export type ErrorMapper = (error: unknown) => MeshError | undefined;

/** A failed call as it goes out. */
export interface OutgoingStatus extends StatusDetails {
  code: number;
  message: string;
}

/**
 * The status for whatever a handler threw.
 *
 * @param signal Signal of the call: if it is aborted, its reason is the cause, whatever the handler made of it.
 */
function statusFromError(error: unknown, signal: AbortSignal, mapError?: ErrorMapper): OutgoingStatus {
  const cause = signal.aborted ? abortCause(signal) : (mapError?.(error) ?? error);
  if (cause instanceof MeshError) return { ...detailsOf(cause), code: cause.code, message: cause.message };
  if (cause instanceof RemoteError) return statusFromRemote(cause);
  if (cause instanceof ServerError) {
    return {
      kind: undefined,
      pushbackMs: undefined,
      violations: [],
      facts: {},
      code: cause.code,
      message: cause.details,
    };
  }
  const internal = new MeshError('internal', 'Internal error; the log of the stage tells more.');
  return { ...detailsOf(internal), code: internal.code, message: internal.message };
}

/** The reason of an aborted call as an error of the table. */
function abortCause(signal: AbortSignal): MeshError {
  return signal.reason instanceof MeshError
    ? signal.reason
    : new MeshError('callerGone', 'The caller cancelled the call.');
}

function detailsOf({
  kind,
  pushbackMs,
  violations,
  facts,
}: StatusDetails & { kind: StatusKind }): StatusDetails {
  return { kind, pushbackMs, violations, facts };
}

// UNKNOWN and UNIMPLEMENTED speak of a wrong deployment, not of the caller's request.
function statusFromRemote(error: RemoteError): OutgoingStatus {
  const { kind, pushbackMs, violations, facts } = error;
  const details = { kind, pushbackMs, violations, facts };
  const at = `${error.path}: ${error.details}`;
  if (error.code === status.UNKNOWN || error.code === status.UNIMPLEMENTED) {
    return { ...details, kind: 'internal', code: statusTable.internal.code, message: at };
  }
  return { ...details, code: error.code, message: kind === undefined ? at : error.details };
}

/** Called with each failure before it goes out. */
export type FailureObserver<Context> = (error: unknown, outgoing: OutgoingStatus, context: Context) => void;

/** Server middleware: whatever a handler throws goes out by the status table, with its details in the trailers. */
export function serverStatusMiddleware<Context extends CallContext>(
  onFailure: FailureObserver<Context>,
  mapError?: ErrorMapper,
) {
  return async function* serverStatus<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: Context,
  ): MiddlewareResponses<Response> {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      const outgoing = statusFromError(error, context.signal, mapError);
      onFailure(error, outgoing, context);
      writeStatusDetails(context.trailer, outgoing.code, outgoing.message, outgoing);
      throw new ServerError(outgoing.code, outgoing.message);
    }
  };
}
