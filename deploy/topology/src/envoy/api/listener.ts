import type { Address, Duration, HeaderValueOption, Http2ProtocolOptions, Typed } from './common.js';
import type { RouteConfiguration } from './route.js';
import type { TransportSocket } from './tls.js';

/** `envoy.config.listener.v3.Listener` */
export interface Listener {
  name: string;
  address: Address;
  per_connection_buffer_limit_bytes: number;
  filter_chains: {
    filters: [{ name: 'envoy.filters.network.http_connection_manager'; typed_config: HttpConnectionManager }];
    transport_socket?: TransportSocket;
  }[];
}

/** `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager` */
export type HttpConnectionManager = Typed<
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  {
    stat_prefix: string;
    codec_type: 'AUTO' | 'HTTP2';
    use_remote_address: boolean;
    internal_address_config: {
      unix_sockets: boolean;
      cidr_ranges: { address_prefix: string; prefix_len: number }[];
    };
    common_http_protocol_options: { idle_timeout: Duration };
    http2_protocol_options: Http2ProtocolOptions;
    /** Required: Envoy's default of 5 min ends a stream in which nothing moves. */
    stream_idle_timeout: Duration;
    /** From the first byte of a request to its last; `0s` for none. */
    request_timeout: Duration;
    request_headers_timeout: Duration;
    max_request_headers_kb: number;
    drain_timeout: Duration;
    access_log: AccessLog[];
    local_reply_config: { mappers: ResponseMapper[] };
    http_filters: HttpFilter[];
    route_config: RouteConfiguration;
    generate_request_id: boolean;
    tracing?: Tracing;
  }
>;

/** A filter of the HTTP filter chain. */
export type HttpFilter =
  | {
      name: 'envoy.filters.http.grpc_web';
      typed_config: Typed<'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', object>;
    }
  | {
      name: 'envoy.filters.http.cors';
      typed_config: Typed<'envoy.extensions.filters.http.cors.v3.Cors', object>;
    }
  | {
      name: 'envoy.filters.http.router';
      typed_config: Typed<
        'envoy.extensions.filters.http.router.v3.Router',
        { suppress_envoy_headers: boolean; start_child_span?: boolean }
      >;
    };

/** `envoy.config.accesslog.v3.AccessLog`, to standard output as JSON. */
export interface AccessLog {
  name: 'envoy.access_loggers.stdout';
  typed_config: Typed<
    'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
    { log_format: { json_format: Record<string, string> } }
  >;
}

/** `envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper` */
export interface ResponseMapper {
  filter: AccessLogFilter;
  body_format_override: { text_format_source: { inline_string: string } };
  headers_to_add: HeaderValueOption[];
}

/** `envoy.config.accesslog.v3.AccessLogFilter` */
export interface AccessLogFilter {
  response_flag_filter: { flags: string[] };
}

/** `...HttpConnectionManager.Tracing`, to an OTLP collector. */
export interface Tracing {
  spawn_upstream_span: boolean;
  random_sampling: { value: number };
  provider: {
    name: 'envoy.tracers.opentelemetry';
    typed_config: Typed<
      'envoy.config.trace.v3.OpenTelemetryConfig',
      { service_name: string; grpc_service: { envoy_grpc: { cluster_name: string }; timeout: Duration } }
    >;
  };
}
