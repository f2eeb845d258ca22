import type { ChannelOptions } from '@grpc/grpc-js';

/** How often and how patiently a call is tried again. */
export interface RetryOptions {
  /** Attempts in all, the first included: 1 to 5. Default 4. */
  attempts: number;
  /** Wait before the first repetition, in milliseconds, doubled each time. Default 100. */
  firstBackoffMs: number;
  /** Longest wait, in milliseconds. Default 3000. */
  longestBackoffMs: number;
  /** Bytes of one call that are kept to be sent again; a call that has sent more is not repeated. Default 16 MiB. */
  replayBytes: number;
}

export const defaultRetry: RetryOptions = {
  attempts: 4,
  firstBackoffMs: 100,
  longestBackoffMs: 3000,
  replayBytes: 16 * 1024 * 1024,
};

// Services whose calls have no side effects where a client makes them.
const repeatable = ['SpeechUnderstanding', 'FeatureExtractor', 'SpeechEncoder', 'ModalityAdapter'];

// A mesh that vanished without a word is noticed within 50 s, in the silence of a live stream, too.
const connectionOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

/**
 * Options of a channel that repeats a call which failed with UNAVAILABLE or RESOURCE_EXHAUSTED before any answer. gRPC's own
 * retry layer does it: it waits as long as the server's `grpc-retry-pushback-ms` says, and gives up where that is negative, as the mesh
 * makes it where a repetition would fail again. It cannot be told to want a pushback with RESOURCE_EXHAUSTED.
 */
export function retryChannelOptions(retry: RetryOptions): ChannelOptions {
  if (retry.attempts < 2) return { ...connectionOptions, 'grpc.enable_retries': 0 };
  const seconds = (ms: number) => `${ms / 1000}s`;
  const serviceConfig = {
    methodConfig: [
      {
        name: repeatable.map((service) => ({ service: `osum.v1.${service}` })),
        retryPolicy: {
          maxAttempts: retry.attempts,
          initialBackoff: seconds(retry.firstBackoffMs),
          maxBackoff: seconds(retry.longestBackoffMs),
          backoffMultiplier: 2,
          retryableStatusCodes: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
        },
      },
    ],
    retryThrottling: { maxTokens: 1000, tokenRatio: 1 },
  };
  return {
    ...connectionOptions,
    'grpc.enable_retries': 1,
    'grpc.service_config': JSON.stringify(serviceConfig),
    'grpc.per_rpc_retry_buffer_size': retry.replayBytes,
  };
}
