import { type StageName, stages } from '../mesh/stages.js';
import type { Cluster } from './api/cluster.js';
import { durationFromMs } from './api/common.js';
import { discovery } from './discovery.js';
import { addressKeys, type EnvoyOptions } from './envoy-options.js';
import { http2Options } from './http2-options.js';
import { socketAddress } from './socket-address.js';
import { stageTls } from './tls.js';

/** The instances of a stage, and how calls are spread over them. */
export function stageCluster(stage: StageName, options: EnvoyOptions): Cluster {
  const addresses = options[addressKeys[stage]];
  return {
    name: stage,
    ...discovery(addresses),
    connect_timeout: durationFromMs(options.connectTimeoutMs),
    lb_policy: 'LEAST_REQUEST',
    load_assignment: {
      cluster_name: stage,
      endpoints: [
        { lb_endpoints: addresses.map((address) => ({ endpoint: { address: socketAddress(address) } })) },
      ],
    },
    common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: durationFromMs(0) },
    health_checks: [
      {
        grpc_health_check: { service_name: stages[stage].service.typeName },
        timeout: durationFromMs(options.healthTimeoutMs),
        interval: durationFromMs(options.healthIntervalMs),
        no_traffic_interval: durationFromMs(options.healthIntervalMs),
        unhealthy_threshold: 2,
        healthy_threshold: 1,
      },
    ],
    outlier_detection: outlierDetection(options),
    circuit_breakers: {
      thresholds: [
        {
          priority: 'DEFAULT',
          max_connections: options.maxConnections,
          max_pending_requests: options.maxPending,
          max_requests: options.maxRequests,
          max_retries: options.maxRetries,
          track_remaining: true,
        },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        common_http_protocol_options: { idle_timeout: durationFromMs(options.connectionIdleMs) },
        explicit_http_config: { http2_protocol_options: http2Options(options) },
      },
    },
    ...stageTls(options),
  };
}

function outlierDetection({
  ejectionMs,
  healthIntervalMs,
}: EnvoyOptions): NonNullable<Cluster['outlier_detection']> {
  return {
    interval: durationFromMs(healthIntervalMs),
    base_ejection_time: durationFromMs(ejectionMs),
    max_ejection_time: durationFromMs(6 * ejectionMs),
    max_ejection_percent: 50,
    consecutive_gateway_failure: 5,
    enforcing_consecutive_gateway_failure: 100,
    enforcing_consecutive_5xx: 0,
    enforcing_success_rate: 0,
    split_external_local_origin_errors: true,
    consecutive_local_origin_failure: 2,
    enforcing_consecutive_local_origin_failure: 100,
    enforcing_local_origin_success_rate: 0,
  };
}
