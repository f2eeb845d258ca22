import type { Context as TraceContext } from '@opentelemetry/api';
import type { CallOptions } from 'nice-grpc-common';
import type { MeshContext } from '../server/mesh-context.js';
import type { RetryOptions } from './retry-middleware.js';

/** Options of a call beside nice-grpc's own (`signal`, `metadata`, `onHeader`, `onTrailer`). */
export interface MeshCallOptions {
  /** When the call must be over, in milliseconds since the epoch; it covers all attempts. Default: never. */
  deadlineEpochMs?: number;
  /** The same, from now. The earlier of the two counts. */
  timeoutMs?: number;
  /** The trace that the call belongs to. */
  trace?: TraceContext;
  /** Who the work is for. */
  tenant?: string;
  /** Whether and how to retry. Default: not at all. */
  retry?: RetryOptions | false;
  /** Milliseconds that each attempt waits for a connection that failed and is being made again. Default 0: it fails at once. */
  connectMs?: number;
}

// Longer than the longest pause between two attempts to connect, with its jitter.
const connectMs = 1_500;

/**
 * Options for a call made on behalf of the call being served: its signal, remaining deadline, trace and tenant. It waits for a stage that
 * restarts.
 */
export function outgoing(context: MeshContext): CallOptions & MeshCallOptions {
  const { signal, deadlineEpochMs, trace, tenant } = context;
  return { signal, deadlineEpochMs, trace, tenant, connectMs };
}
