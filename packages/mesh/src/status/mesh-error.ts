import { type StatusKind, statusTable } from './status-table.js';

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** Path of the field in the request, such as `config.tags`. */
  field: string;
  /** One sentence: what was expected and what came. */
  description: string;
}

/** Details of a {@link MeshError}. */
export interface MeshErrorDetails {
  /**
   * Milliseconds after which the caller should try again; negative: never. Sent as `grpc-retry-pushback-ms`, and as RetryInfo unless
   * negative.
   */
  pushbackMs?: number;
  /** Fields that are wrong. Sent as BadRequest. */
  violations?: readonly FieldViolation[];
  /** Facts for programs, such as `{limitSeconds: '60'}`. Sent as metadata of ErrorInfo. */
  facts?: Readonly<Record<string, string>>;
  /** What caused it; logged, never sent. */
  cause?: unknown;
}

/** A failure whose cause is a row of the status table. Handlers throw it; the kit turns it into a gRPC status. */
export class MeshError extends Error {
  override readonly name = 'MeshError';
  readonly pushbackMs: number | undefined;
  readonly violations: readonly FieldViolation[];
  readonly facts: Readonly<Record<string, string>>;

  /**
   * @param kind Row of the status table.
   * @param message What was expected, what came, and what to do: one or two sentences. It reaches the caller.
   */
  constructor(
    readonly kind: StatusKind,
    message: string,
    details: MeshErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.pushbackMs = details.pushbackMs;
    this.violations = details.violations ?? [];
    this.facts = details.facts ?? {};
  }

  /** gRPC status code. */
  get code(): number {
    return statusTable[this.kind].code;
  }
}

/** A request with one wrong field: INVALID_ARGUMENT. */
export function badField(field: string, description: string): MeshError {
  return new MeshError('badRequest', `${field}: ${description}`, { violations: [{ field, description }] });
}
