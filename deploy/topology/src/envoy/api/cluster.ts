import type { Address, Duration, Http2ProtocolOptions, Typed } from './common.js';
import type { TransportSocket } from './tls.js';

/** `envoy.config.cluster.v3.Cluster` */
export type Cluster = Discovery & {
  name: string;
  connect_timeout: Duration;
  lb_policy: 'LEAST_REQUEST' | 'ROUND_ROBIN';
  load_assignment: ClusterLoadAssignment;
  common_lb_config?: { healthy_panic_threshold: { value: number }; update_merge_window: Duration };
  health_checks?: GrpcHealthCheck[];
  outlier_detection?: OutlierDetection;
  circuit_breakers?: { thresholds: CircuitBreakerThresholds[] };
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': Typed<
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      {
        common_http_protocol_options: { idle_timeout: Duration };
        explicit_http_config: { http2_protocol_options: Http2ProtocolOptions };
      }
    >;
  };
  transport_socket?: TransportSocket;
};

/** How instances are found: given as IP addresses, or as names of which every address is an instance. */
export type Discovery =
  | { type: 'STATIC' }
  | {
      cluster_type: {
        name: 'envoy.cluster.dns';
        typed_config: Typed<'envoy.extensions.clusters.dns.v3.DnsCluster', { dns_refresh_rate: Duration }>;
      };
    };

/** `envoy.config.endpoint.v3.ClusterLoadAssignment` */
export interface ClusterLoadAssignment {
  cluster_name: string;
  endpoints: { lb_endpoints: { endpoint: { address: Address } }[] }[];
}

/** `envoy.config.core.v3.HealthCheck` by gRPC. */
export interface GrpcHealthCheck {
  timeout: Duration;
  interval: Duration;
  /** Envoy's default of 60 s leaves a late instance of an unused cluster out for a minute. */
  no_traffic_interval: Duration;
  unhealthy_threshold: number;
  healthy_threshold: number;
  grpc_health_check: { service_name: string };
}

/** `envoy.config.cluster.v3.OutlierDetection` */
export interface OutlierDetection {
  interval: Duration;
  base_ejection_time: Duration;
  max_ejection_time: Duration;
  max_ejection_percent: number;
  consecutive_gateway_failure: number;
  enforcing_consecutive_gateway_failure: number;
  enforcing_consecutive_5xx: number;
  enforcing_success_rate: number;
  split_external_local_origin_errors: boolean;
  consecutive_local_origin_failure: number;
  enforcing_consecutive_local_origin_failure: number;
  enforcing_local_origin_success_rate: number;
}

/** `envoy.config.cluster.v3.CircuitBreakers.Thresholds` */
export interface CircuitBreakerThresholds {
  priority: 'DEFAULT';
  max_connections: number;
  max_pending_requests: number;
  max_requests: number;
  max_retries: number;
  track_remaining: boolean;
}
