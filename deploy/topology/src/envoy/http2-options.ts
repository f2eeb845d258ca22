import { durationFromMs, type Http2ProtocolOptions } from './api/common.js';
import type { EnvoyOptions } from './envoy-options.js';

/** HTTP/2 as the services speak it: windows that fit a tensor, and pings. */
export function http2Options({
  keepaliveIntervalMs,
  keepaliveTimeoutMs,
}: EnvoyOptions): Http2ProtocolOptions {
  return {
    max_concurrent_streams: 1024,
    initial_stream_window_size: 2 ** 20,
    initial_connection_window_size: 2 ** 24,
    connection_keepalive: {
      interval: durationFromMs(keepaliveIntervalMs),
      timeout: durationFromMs(keepaliveTimeoutMs),
    },
  };
}
