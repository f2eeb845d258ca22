import { ClientError } from 'nice-grpc-common';
import type { FieldViolation } from './mesh-error.js';
import type { StatusDetails } from './status-details.js';
import { type StatusKind, statusTable } from './status-table.js';

/** A call to another service that failed: its status with all details. A handler that lets it pass keeps its status. */
export class RemoteError extends ClientError {
  /** Row of the status table, if the other side is one of ours and said so. */
  readonly kind: StatusKind | undefined;
  /** From the trailer `grpc-retry-pushback-ms`: wait that long; negative means never; undefined if there was none. */
  readonly pushbackMs: number | undefined;
  readonly violations: readonly FieldViolation[];
  readonly facts: Readonly<Record<string, string>>;

  /**
   * @param path `/package.Service/Method` that was called.
   * @param code gRPC status code.
   * @param details gRPC status message.
   */
  constructor(path: string, code: number, details: string, more: Partial<StatusDetails> = {}) {
    super(path, code, details);
    this.name = 'RemoteError';
    this.kind = more.kind;
    this.pushbackMs = more.pushbackMs;
    this.violations = more.violations ?? [];
    this.facts = more.facts ?? {};
  }

  /** Whether the same call may well succeed on another instance. */
  get retryElsewhere(): boolean {
    return this.kind === undefined
      ? this.code === statusTable.stageUnreachable.code
      : statusTable[this.kind].retry === 'elsewhere';
  }

  // ClientError tests for its brand, which every failed call carries.
  static override [Symbol.hasInstance](instance: unknown): boolean {
    return typeof instance === 'object' && instance !== null && (instance as Error).name === 'RemoteError';
  }
}
