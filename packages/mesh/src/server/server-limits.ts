import type { ServerOptions as GrpcServerOptions } from '@grpc/grpc-js';
import { deadlineInterceptor } from '../deadline/deadline-interceptor.js';
import type { Pace } from '../deadline/paced.js';
import { peerInterceptor } from '../security/peer-interceptor.js';
import { halfCloseInterceptor } from './half-close-interceptor.js';
import { messageSizeInterceptor } from './message-size-interceptor.js';

/** Bounds of what a server takes. */
export interface ServerLimits {
  /** Largest message received, in bytes. Default 4 MiB, as everywhere in gRPC. */
  maxMessageBytes?: number;
  /** Calls at one time on one connection. Default 1024. */
  maxConcurrentStreams?: number;
  /** Headers of one call in bytes, as HTTP/2 counts them. Default 16 KiB. */
  maxHeaderBytes?: number;
  /** How long callers may keep the server waiting for messages. Default: 10 s for the first, 30 s for any other, 5 min in all. */
  pace?: Partial<Pace>;
  /** How long a caller may leave an answer unread before its call is given up, in milliseconds. Default 60 s. */
  maxUnreadMs?: number;
  /**
   * How long a connection lives before its caller is told to make another; calls under way go on. Default: an hour with TLS, so that
   * certificates which were replaced fall out of use; else for ever.
   */
  maxConnectionAgeMs?: number;
}

/** Bounds with their defaults filled in. */
export interface CheckedLimits extends Required<Omit<ServerLimits, 'pace' | 'maxConnectionAgeMs'>> {
  readonly pace: Pace;
  readonly maxConnectionAgeMs: number | undefined;
}

const defaultPace: Pace = { firstMs: 10_000, gapMs: 30_000, totalMs: 300_000 };

/** The bounds of a server that is configured with `limits`. */
export function checkedLimits({ pace, ...limits }: ServerLimits): CheckedLimits {
  return {
    maxMessageBytes: 4 * 2 ** 20,
    maxConcurrentStreams: 1024,
    maxHeaderBytes: 16 * 2 ** 10,
    maxUnreadMs: 60_000,
    maxConnectionAgeMs: undefined,
    ...limits,
    pace: { ...defaultPace, ...pace },
  };
}

/** What grpc-js is to keep of them, and how every server of the mesh treats its connections. */
export function grpcServerOptions(limits: CheckedLimits): GrpcServerOptions {
  const { maxMessageBytes, maxConcurrentStreams, maxConnectionAgeMs } = limits;
  return {
    interceptors: [
      messageSizeInterceptor(maxMessageBytes),
      deadlineInterceptor,
      peerInterceptor,
      halfCloseInterceptor,
    ],
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentStreams,
    // Tensors of a megabyte would wait for a window update every 64 KiB otherwise.
    'grpc-node.flow_control_window': 1 << 20,
    // A peer that vanished without closing is noticed within 50 s.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
    ...(maxConnectionAgeMs !== undefined && { 'grpc.max_connection_age_ms': maxConnectionAgeMs }),
  };
}
