import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { errorDetails, rpcStatus } from '@osum/proto';
import type { Metadata } from 'nice-grpc-common';
import type { FieldViolation } from './mesh-error.js';
import { kindFromReason, reasonFromKind, type StatusKind, statusTable } from './status-table.js';

const { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } = errorDetails;
const detailsKey = 'grpc-status-details-bin';
const pushbackKey = 'grpc-retry-pushback-ms';
const domain = 'osum.mesh';

/** What travels beside a gRPC status: in trailers, in google.rpc's richer error model. */
export interface StatusDetails {
  kind: StatusKind | undefined;
  pushbackMs: number | undefined;
  violations: readonly FieldViolation[];
  facts: Readonly<Record<string, string>>;
}

/** Trailers of nice-grpc or of grpc-js. */
interface WritableTrailer {
  set(key: string, value: string | Buffer): unknown;
}

/** Writes details into trailers. */
export function writeStatusDetails(
  trailer: WritableTrailer,
  code: number,
  message: string,
  details: StatusDetails,
): void {
  const packed = [];
  if (details.kind !== undefined) {
    const metadata = { ...details.facts, number: String(statusTable[details.kind].number) };
    packed.push(
      anyPack(
        ErrorInfoSchema,
        create(ErrorInfoSchema, { reason: reasonFromKind(details.kind), domain, metadata }),
      ),
    );
  }
  if (details.violations.length > 0) {
    const fieldViolations = details.violations.map(({ field, description }) => ({ field, description }));
    packed.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (details.pushbackMs !== undefined) {
    trailer.set(pushbackKey, String(Math.round(details.pushbackMs)));
    if (details.pushbackMs >= 0) {
      const retryDelay = durationFromMs(details.pushbackMs);
      packed.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
    }
  }
  const status = create(rpcStatus.StatusSchema, { code, message, details: packed });
  trailer.set(detailsKey, Buffer.from(toBinary(rpcStatus.StatusSchema, status)));
}

/** Whether trailers hold details: those of the kit's own statuses always do. */
export function hasStatusDetails(
  trailer: { get(key: string): readonly unknown[] } | null | undefined,
): boolean {
  return (trailer?.get(detailsKey).length ?? 0) > 0;
}

/** Reads details from trailers. Whatever is absent or unreadable is left out: a broken detail must not hide the status. */
export function readStatusDetails(trailer: Metadata | undefined): StatusDetails {
  const details: { -readonly [K in keyof StatusDetails]: StatusDetails[K] } = {
    kind: undefined,
    pushbackMs: pushbackFromText(trailer?.get(pushbackKey)),
    violations: [],
    facts: {},
  };
  for (const any of packedDetails(trailer?.get(detailsKey))) {
    const info = anyUnpack(any, ErrorInfoSchema);
    if (info?.domain === domain) {
      details.kind = kindFromReason(info.reason);
      const { number: _, ...facts } = info.metadata;
      details.facts = facts;
    }
    const bad = anyUnpack(any, BadRequestSchema);
    if (bad)
      details.violations = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
  }
  return details;
}

function packedDetails(bytes: Uint8Array | undefined) {
  if (bytes === undefined) return [];
  try {
    return fromBinary(rpcStatus.StatusSchema, bytes).details;
  } catch {
    return [];
  }
}

/** The pushback that a trailer asks for in milliseconds; -1 for a negative or unreadable one: do not retry (gRFC A6). */
export function pushbackFromText(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^-?\d{1,10}$/.test(text) ? Number(text) : -1;
  return ms < 0 ? -1 : ms;
}

function durationFromMs(ms: number) {
  const whole = Math.round(ms);
  return create(DurationSchema, { seconds: BigInt(Math.floor(whole / 1000)), nanos: (whole % 1000) * 1e6 });
}
