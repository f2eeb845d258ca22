import { status } from '@grpc/grpc-js';
import { MeshError, RemoteError, statusTable } from '@osum/mesh';

/** A failure as the OpenAI API writes it. */
export interface OpenAiError {
  httpStatus: number;
  /** Seconds for `retry-after`, where the mesh asked to wait. */
  retryAfterSeconds?: number;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

/** HTTP statuses of gRPC statuses; what is missing here is a fault of the server. */
const httpStatuses: ReadonlyMap<status, number> = new Map([
  [status.INVALID_ARGUMENT, 400],
  [status.FAILED_PRECONDITION, 400],
  [status.OUT_OF_RANGE, 413],
  [status.UNAUTHENTICATED, 401],
  [status.PERMISSION_DENIED, 403],
  [status.NOT_FOUND, 404],
  [status.ABORTED, 409],
  [status.RESOURCE_EXHAUSTED, 429],
  [status.CANCELLED, 499],
  [status.UNAVAILABLE, 503],
  [status.DEADLINE_EXCEEDED, 504],
]);

/** A request that the OpenAI API itself forbids. */
export function invalidRequest(message: string, param: string | null = null): OpenAiError {
  return { httpStatus: 400, body: { error: { message, type: 'invalid_request_error', param, code: null } } };
}

/** A failure of the mesh, or of fastify's own parsing, in the words of the OpenAI API. */
export function openAiErrorFrom(error: unknown): OpenAiError {
  const { code, message, pushbackMs } = failure(error);
  const httpStatus = httpStatuses.get(code) ?? 500;
  const type =
    httpStatus === 429 ? 'rate_limit_error' : httpStatus < 500 ? 'invalid_request_error' : 'server_error';
  return {
    httpStatus,
    ...(pushbackMs !== undefined && { retryAfterSeconds: Math.ceil(pushbackMs / 1000) }),
    body: { error: { message, type, param: null, code: status[code].toLowerCase() } },
  };
}

function failure(error: unknown): { code: status; message: string; pushbackMs?: number | undefined } {
  if (error instanceof RemoteError)
    return { code: error.code, message: error.details, pushbackMs: error.pushbackMs };
  if (error instanceof MeshError) {
    return { code: statusTable[error.kind].code, message: error.message, pushbackMs: error.pushbackMs };
  }
  return { code: status.INTERNAL, message: 'internal error' };
}
