import { fromBinary } from '@bufbuild/protobuf';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import { errorDetails, rpcStatus } from '@osum/proto';
import type { Metadata } from 'nice-grpc-common';

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** Path of the field in the request, such as `config.tags`. */
  readonly field: string;
  /** One sentence: what was expected and what came. */
  readonly description: string;
}

/** What the trailers of a failed call say beside its status. */
export interface ErrorDetails {
  readonly reason: string | undefined;
  readonly number: number | undefined;
  /** When to come back, in milliseconds; `never` where the mesh forbids it. */
  readonly pushbackMs: number | 'never' | undefined;
  readonly violations: readonly FieldViolation[];
  readonly facts: Readonly<Record<string, string>>;
}

const domain = 'osum.mesh';

/** Of a failure that the mesh did not report itself. */
export const noDetails: ErrorDetails = {
  reason: undefined,
  number: undefined,
  pushbackMs: undefined,
  violations: [],
  facts: {},
};

/** Reads the trailers. What is absent or unreadable is left out: a broken detail must not hide the status. */
export function readErrorDetails(trailer: Metadata | undefined): ErrorDetails {
  const packed = packedDetails(trailer?.get('grpc-status-details-bin'));
  const info = packed
    .map((any) => anyUnpack(any, errorDetails.ErrorInfoSchema))
    .find((found) => found?.domain === domain);
  const { number, ...facts } = info?.metadata ?? {};
  return {
    reason: info?.reason,
    number: number === undefined ? undefined : Number(number),
    pushbackMs: pushbackFrom(trailer?.get('grpc-retry-pushback-ms')),
    violations: packed.flatMap((any) =>
      (anyUnpack(any, errorDetails.BadRequestSchema)?.fieldViolations ?? []).map(
        ({ field, description }) => ({ field, description }),
      ),
    ),
    facts,
  };
}

function packedDetails(bytes: Uint8Array | undefined): Any[] {
  if (bytes === undefined) return [];
  try {
    return fromBinary(rpcStatus.StatusSchema, bytes).details;
  } catch {
    return [];
  }
}

// gRFC A6: a negative or unreadable pushback forbids to try again.
function pushbackFrom(text: string | undefined): ErrorDetails['pushbackMs'] {
  if (text === undefined) return undefined;
  return /^\d{1,10}$/.test(text) ? Number(text) : 'never';
}
