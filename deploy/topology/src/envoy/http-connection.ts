import { jsonAccessLog } from './access-log.js';
import { durationFromMs } from './api/common.js';
import type { HttpConnectionManager, HttpFilter, Listener } from './api/listener.js';
import type { VirtualHost } from './api/route.js';
import type { EnvoyOptions } from './envoy-options.js';
import { http2Options } from './http2-options.js';
import { responseMappers } from './local-replies.js';
import { socketAddress } from './socket-address.js';
import { tracing } from './tracing.js';

// An empty list would stand for Envoy's default, the private networks, where every caller of an inner network is.
const nobody = { address_prefix: '255.255.255.255', prefix_len: 32 };

/** What a listener differs in. */
export interface ListenerParts {
  readonly name: string;
  /** `host:port` */
  readonly listen: string;
  /** AUTO also takes HTTP/1.1, which gRPC-Web may come by. */
  readonly codec: 'AUTO' | 'HTTP2';
  /** Filters before the router. */
  readonly filters: readonly HttpFilter[];
  readonly tls: Pick<Listener['filter_chains'][number], 'transport_socket'>;
  readonly virtualHost: Omit<VirtualHost, 'name' | 'domains'>;
}

/** A listener for gRPC: its timeouts, limits, log, and what Envoy answers by itself. */
export function grpcListener(parts: ListenerParts, options: EnvoyOptions): Listener {
  return {
    name: parts.name,
    address: socketAddress(parts.listen),
    per_connection_buffer_limit_bytes: options.bufferBytes,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: connectionManager(parts, options),
          },
        ],
        ...parts.tls,
      },
    ],
  };
}

function connectionManager(
  { name, codec, filters, virtualHost }: ListenerParts,
  options: EnvoyOptions,
): HttpConnectionManager {
  return {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: name,
    codec_type: codec,
    use_remote_address: true,
    internal_address_config: { unix_sockets: false, cidr_ranges: [nobody] },
    common_http_protocol_options: { idle_timeout: durationFromMs(options.connectionIdleMs) },
    http2_protocol_options: http2Options(options),
    stream_idle_timeout: durationFromMs(options.streamIdleMs),
    request_timeout: durationFromMs(0),
    request_headers_timeout: durationFromMs(options.requestHeadersMs),
    max_request_headers_kb: options.maxRequestHeadersKb,
    drain_timeout: durationFromMs(options.drainMs),
    access_log: [jsonAccessLog(name)],
    local_reply_config: { mappers: responseMappers(options) },
    http_filters: [
      ...filters,
      {
        name: 'envoy.filters.http.router',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
          suppress_envoy_headers: true,
        },
      },
    ],
    route_config: { name, virtual_hosts: [{ name, domains: ['*'], ...virtualHost }] },
    generate_request_id: true,
    ...tracing(options),
  };
}
