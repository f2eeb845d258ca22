import { status } from '@grpc/grpc-js';
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  RPC_SYSTEM_NAME_VALUE_GRPC,
} from '@opentelemetry/semantic-conventions';

/** Labels of the duration of calls, by the RPC semantic conventions. */
export const callLabels = ['rpc_system_name', 'rpc_method', 'rpc_status_code', 'error_type'] as const;

/** Statuses that are the server's failure, not the caller's (gRPC semantic conventions). */
const serverFailures = new Set<number>([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Which end of a call tells of it. */
export type CallSide = 'client' | 'server';

/** How a call ended. */
export interface CallEnd {
  readonly side: CallSide;
  /** gRPC status code. */
  readonly code: number;
}

/** Whether calls of this path get spans: probes and reflection would only bury what matters. */
export function isTraced(path: string): boolean {
  return !path.startsWith('/grpc.');
}

/** `/package.Service/Method` as the conventions name it: without the first slash. */
export function methodFromPath(path: string): string {
  return path.slice(1);
}

/** What is known of a call when it begins. `address` is `host:port`: of the server, seen from the client; of the peer, seen from the server. */
export function callAttributes(path: string, side: CallSide, address: string): Attributes {
  const [host, port] = hostAndPort(address);
  const call = {
    [ATTR_RPC_SYSTEM_NAME]: RPC_SYSTEM_NAME_VALUE_GRPC,
    [ATTR_RPC_METHOD]: methodFromPath(path),
  };
  return side === 'client'
    ? { ...call, [ATTR_SERVER_ADDRESS]: host, [ATTR_SERVER_PORT]: port }
    : { ...call, [ATTR_NETWORK_PEER_ADDRESS]: host, [ATTR_NETWORK_PEER_PORT]: port };
}

/** Ends the span of a call with its status. */
export function endCallSpan(span: Span, end: CallEnd): void {
  span.setAttribute(ATTR_RPC_STATUS_CODE, statusName(end.code));
  const error = errorType(end);
  if (error !== undefined) {
    span.setAttribute(ATTR_ERROR_TYPE, error);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Values of {@link callLabels}. */
export function callLabelValues(path: string, end: CallEnd): Record<(typeof callLabels)[number], string> {
  return {
    rpc_system_name: RPC_SYSTEM_NAME_VALUE_GRPC,
    rpc_method: methodFromPath(path),
    rpc_status_code: statusName(end.code),
    error_type: errorType(end) ?? '',
  };
}

/** `UNAVAILABLE` for 14. */
export function statusName(code: number): string {
  return status[code] ?? String(code);
}

function errorType({ side, code }: CallEnd): string | undefined {
  const failed = side === 'server' ? serverFailures.has(code) : code !== status.OK;
  return failed ? statusName(code) : undefined;
}

function hostAndPort(address: string): [string, number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
}
