import type { Cluster } from './api/cluster.js';
import { durationFromMs } from './api/common.js';
import type { HttpConnectionManager } from './api/listener.js';
import { discovery } from './discovery.js';
import type { EnvoyOptions } from './envoy-options.js';
import { http2Options } from './http2-options.js';
import { socketAddress } from './socket-address.js';

const collector = 'otlp';

/** Spans of the calls that a listener passes on, below the caller's and above the called stage's; none without a receiver. */
export function tracing(options: EnvoyOptions): Pick<HttpConnectionManager, 'tracing'> {
  if (options.otlpEndpoint === undefined) return {};
  return {
    tracing: {
      spawn_upstream_span: true,
      random_sampling: { value: 100 },
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
          service_name: 'osum-envoy',
          grpc_service: {
            envoy_grpc: { cluster_name: collector },
            timeout: durationFromMs(options.connectTimeoutMs),
          },
        },
      },
    },
  };
}

/** The receiver of spans. */
export function tracingClusters(options: EnvoyOptions): Cluster[] {
  if (options.otlpEndpoint === undefined) return [];
  const address = new URL(options.otlpEndpoint).host;
  return [
    {
      name: collector,
      ...discovery([address]),
      connect_timeout: durationFromMs(options.connectTimeoutMs),
      lb_policy: 'ROUND_ROBIN',
      load_assignment: {
        cluster_name: collector,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address) } }] }],
      },
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
          common_http_protocol_options: { idle_timeout: durationFromMs(options.connectionIdleMs) },
          explicit_http_config: { http2_protocol_options: http2Options(options) },
        },
      },
    },
  ];
}
