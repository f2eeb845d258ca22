import { status } from '@grpc/grpc-js';
import { MeshError, RemoteError, type StatusKind, statusTable } from '@osum/mesh';

/** A failure as the OpenAI API writes it. */
export interface OpenAiError {
  readonly httpStatus: number;
  /** Milliseconds after which to try again, where the mesh says so; negative means never. */
  readonly pushbackMs?: number | undefined;
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

/** HTTP statuses of gRPC statuses, as google.rpc.Code maps them; what is missing here is a fault of the server. */
const httpStatuses: ReadonlyMap<status, number> = new Map([
  [status.INVALID_ARGUMENT, 400],
  [status.FAILED_PRECONDITION, 400],
  [status.OUT_OF_RANGE, 400],
  [status.UNAUTHENTICATED, 401],
  [status.PERMISSION_DENIED, 403],
  [status.NOT_FOUND, 404],
  [status.ABORTED, 409],
  [status.RESOURCE_EXHAUSTED, 429],
  [status.CANCELLED, 499],
  [status.UNIMPLEMENTED, 501],
  [status.UNAVAILABLE, 503],
  [status.DEADLINE_EXCEEDED, 504],
]);

/** How the OpenAI API tells a cause. */
interface OpenAiWord {
  readonly code: string;
  readonly param?: string;
  /** Default: that of the gRPC status. */
  readonly httpStatus?: number;
}

/** Where the OpenAI API has a word of its own for a cause; others keep the mesh's, such as `bad_audio`. */
const openAiCodes: ReadonlyMap<StatusKind, OpenAiWord> = new Map<StatusKind, OpenAiWord>([
  ['unknownModel', { code: 'model_not_found', param: 'model' }],
  ['unauthenticated', { code: 'invalid_api_key' }],
  ['quotaExceeded', { code: 'insufficient_quota' }],
  ['tooManyCalls', { code: 'rate_limit_exceeded' }],
  ['queueFull', { code: 'rate_limit_exceeded' }],
  ['memoryFull', { code: 'rate_limit_exceeded' }],
  ['tenantOverShare', { code: 'rate_limit_exceeded' }],
  ['messageTooLarge', { code: 'message_too_large', httpStatus: 413 }],
]);

/** A request that this door itself refuses. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';

  /** @param param field of the request that is wrong. */
  constructor(
    message: string,
    readonly param: string | null = null,
    readonly httpStatus = 400,
  ) {
    super(message);
  }
}

/** A recording that exceeds the limit of this door. */
export function tooLarge(maxAudioBytes: number): InvalidRequest {
  return new InvalidRequest(
    `The recording is larger than the ${maxAudioBytes} bytes that one request may have; send a compressed one, or parts.`,
    'file',
    413,
  );
}

/** A failure of this door, of the mesh, or of the HTTP library, in the words of the OpenAI API. */
export function openAiErrorFrom(error: unknown): OpenAiError {
  if (error instanceof InvalidRequest) {
    return answer(error.httpStatus, error.message, { param: error.param });
  }
  if (error instanceof RemoteError) {
    // The message names an address behind this door.
    if (error.kind === 'stageUnreachable') {
      return fromStatus(error.code, 'A service of the mesh cannot be reached; try again.', error.kind);
    }
    const code = error.kind ?? status[error.code]?.toLowerCase() ?? null;
    return { ...fromStatus(error.code, error.details, code), pushbackMs: error.pushbackMs };
  }
  if (error instanceof MeshError) {
    const param = error.violations[0]?.field ?? null;
    const { code } = statusTable[error.kind];
    return { ...fromStatus(code, error.message, error.kind, param), pushbackMs: error.pushbackMs };
  }
  const httpStatus = (error as { statusCode?: unknown }).statusCode;
  if (typeof httpStatus === 'number' && httpStatus < 500) return answer(httpStatus, (error as Error).message);
  return answer(500, 'internal error');
}

function fromStatus(
  grpcStatus: status,
  message: string,
  kind: string | null,
  param: string | null = null,
): OpenAiError {
  const own = openAiCodes.get(kind as StatusKind);
  const code = own?.code ?? kind?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) ?? null;
  const httpStatus = own?.httpStatus ?? httpStatuses.get(grpcStatus) ?? 500;
  return answer(httpStatus, message, { code, param: own?.param ?? param });
}

function answer(
  httpStatus: number,
  message: string,
  { code = null, param = null }: { code?: string | null; param?: string | null } = {},
): OpenAiError {
  const type =
    httpStatus === 429 ? 'rate_limit_error' : httpStatus < 500 ? 'invalid_request_error' : 'server_error';
  return { httpStatus, body: { error: { message, type, param, code } } };
}
