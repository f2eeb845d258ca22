import { envoyOptionsSchema } from './envoy-options.js';

/** Why a field of the configuration has its value. */
export interface Reason {
  /** The end of the field's path; list places are left out. */
  readonly at: string;
  /** Only for this value. Default: any, and all that is below the field. */
  readonly value?: unknown;
  readonly why: string;
}

const option = (at: string, key: keyof typeof envoyOptionsSchema.shape): Reason => {
  return { at, why: envoyOptionsSchema.shape[key].description ?? '' };
};

/** The reasons that stand beside fields in the generated file. The first that fits a field is taken. */
export const reasons: readonly Reason[] = [
  { at: 'codec_type', value: 'AUTO', why: 'Browsers may send gRPC-Web by HTTP/1.1.' },
  { at: 'codec_type', value: 'HTTP2', why: 'Stages speak gRPC only.' },
  {
    at: 'use_remote_address',
    why: 'A caller is known by its connection, not by what it writes into x-forwarded-for.',
  },
  { at: 'generate_request_id', why: 'Each call has a name in the access log that no caller chooses.' },
  { at: 'suppress_envoy_headers', why: 'Callers are told nothing of attempts and times behind the door.' },
  {
    at: 'access_log',
    why: 'A line of JSON a call, of how it went; nothing of what is said, asked or answered is in it.',
  },
  {
    at: 'local_reply_config',
    why: 'What Envoy answers by itself is a row of the status table, as the services would give it.',
  },
  {
    at: 'direct_response.status',
    why: 'Callers of gRPC read it as UNIMPLEMENTED, with the body as the message.',
  },
  {
    at: 'request_headers_to_remove',
    why: 'A router that lists Envoy among its peers would believe the tenant that a caller names.',
  },
  option('allow_origin_string_match', 'browserOrigins'),
  { at: 'allow_methods', why: 'Those of gRPC-Web.' },
  { at: 'allow_headers', why: 'What clients of the mesh send.' },
  { at: 'expose_headers', why: 'What a call that is refused at once says in its headers.' },
  { at: 'max_age', why: 'A page asks once a day whether it may call.' },
  {
    at: 'route.timeout',
    value: '0s',
    why: 'None: it counts from the end of the request, when the answer to a long recording has only begun. The deadline of the caller bounds the call.',
  },
  option('route.timeout', 'unaryTimeoutMs'),
  { at: 'route.idle_timeout', value: '0s', why: 'None: a health watch says nothing while nothing changes.' },
  option('route.idle_timeout', 'streamIdleMs'),
  option('stream_idle_timeout', 'streamIdleMs'),
  {
    at: 'request_timeout',
    value: '0s',
    why: 'None: it would end a live stream after so long, however lively it is.',
  },
  option('request_headers_timeout', 'requestHeadersMs'),
  option('common_http_protocol_options.idle_timeout', 'connectionIdleMs'),
  option('connection_keepalive.interval', 'keepaliveIntervalMs'),
  option('connection_keepalive.timeout', 'keepaliveTimeoutMs'),
  option('drain_timeout', 'drainMs'),
  option('connect_timeout', 'connectTimeoutMs'),
  option('health_checks.interval', 'healthIntervalMs'),
  {
    at: 'health_checks.no_traffic_interval',
    why: "Envoy's default of 60 s leaves an instance that comes late to an unused stage out for a minute.",
  },
  option('health_checks.timeout', 'healthTimeoutMs'),
  {
    at: 'health_checks.unhealthy_threshold',
    why: 'NOT_SERVING counts at once; a check without an answer may have met a busy moment.',
  },
  {
    at: 'health_checks.healthy_threshold',
    why: 'An instance that says that it serves has its model loaded.',
  },
  {
    at: 'outlier_detection.consecutive_gateway_failure',
    why: 'One UNAVAILABLE may come of a drain; so many in a row, while health says SERVING, are a fault of the instance.',
  },
  {
    at: 'outlier_detection.enforcing_consecutive_gateway_failure',
    why: "Always; Envoy's default is never.",
  },
  {
    at: 'outlier_detection.split_external_local_origin_errors',
    why: 'A connection that fails counts by itself, and sooner than an answer that refuses.',
  },
  {
    at: 'outlier_detection.consecutive_local_origin_failure',
    why: 'One may have met a restart; after the second, calls that come before the next health check would all be tried in vain.',
  },
  {
    at: 'outlier_detection.enforcing_consecutive_local_origin_failure',
    why: 'Always: a call without this instance is better off.',
  },
  {
    at: 'outlier_detection.enforcing_success_rate',
    why: 'Never: rates compare instances, and the callers of one may ask for more that has to be refused.',
  },
  {
    at: 'outlier_detection.enforcing_local_origin_success_rate',
    why: 'Never: failures in a row tell enough.',
  },
  { at: 'outlier_detection.interval', why: 'How often ejections end.' },
  option('outlier_detection.base_ejection_time', 'ejectionMs'),
  { at: 'outlier_detection.max_ejection_time', why: 'Longer after each ejection in a row, up to this.' },
  { at: 'outlier_detection.max_ejection_percent', why: 'The others must carry the load.' },
  {
    at: 'outlier_detection.enforcing_consecutive_5xx',
    why: 'INTERNAL may be the fault of one request, which would eject instance after instance; only UNAVAILABLE ejects.',
  },
  {
    at: 'common_lb_config.healthy_panic_threshold',
    why: 'An instance that health does not call serving would refuse; where none serves, callers learn it at once.',
  },
  {
    at: 'common_lb_config.update_merge_window',
    why: "What health says counts at once. Envoy's default gathers changes for a second: the instance that came back would get no call while the other one leaves.",
  },
  {
    at: 'lb_policy',
    value: 'LEAST_REQUEST',
    why: 'Calls cost as much as their audio is long, so what an instance has under way tells more than whose turn it is.',
  },
  { at: 'lb_policy', value: 'ROUND_ROBIN', why: 'Spans cost every receiver the same.' },
  { at: 'thresholds.track_remaining', why: 'Statistics show how near a stage is to its limits.' },
  option('thresholds.max_connections', 'maxConnections'),
  option('thresholds.max_requests', 'maxRequests'),
  option('thresholds.max_pending_requests', 'maxPending'),
  option('thresholds.max_retries', 'maxRetries'),
  option('retry_policy.num_retries', 'maxAttempts'),
  {
    at: 'retry_policy.retry_on',
    why: 'Calls that reached no instance; of methods that their contract declares idempotent also refusals of which the status table says "elsewhere", and calls whose instance vanished. The router repeats the rest, an utterance at a time.',
  },
  {
    at: 'retry_policy.host_selection_retry_max_attempts',
    why: 'How often a pick is repeated that fell on an instance tried before: by least requests most do, for a dead instance has none.',
  },
  option('retry_back_off.base_interval', 'retryBackoffMs'),
  { at: 'retry_back_off.max_interval', why: 'Ten times the first.' },
  {
    at: 'http2_protocol_options.max_concurrent_streams',
    why: 'As the services take on one connection.',
  },
  {
    at: 'http2_protocol_options.initial_stream_window_size',
    why: "As in the services: a tensor of a megabyte would wait for HTTP/2's own window every 64 KiB, and of Envoy's default, which is many times that, one slow call could hold too much.",
  },
  {
    at: 'http2_protocol_options.initial_connection_window_size',
    why: 'Sixteen calls with a full window each, so that a few slow ones hold up no other on the connection.',
  },
  option('per_connection_buffer_limit_bytes', 'bufferBytes'),
  option('max_request_headers_kb', 'maxRequestHeadersKb'),
  option('max_active_downstream_connections', 'maxDownstreamConnections'),
  { at: 'typed_config.dns_refresh_rate', why: 'New instances of a scaled stage are found within seconds.' },
  {
    at: 'tracing.random_sampling',
    why: 'Whoever begins a trace decides whether it is kept; calls without one begin it here.',
  },
  { at: 'tracing.spawn_upstream_span', why: 'Each attempt is a span of its own, so that retries are seen.' },
  {
    at: 'grpc_service.timeout',
    why: 'A receiver nearby takes spans within milliseconds; those that it does not take so soon are dropped, and no call waits for them.',
  },
  {
    at: 'alpn_protocols',
    why: 'The handshake settles that it is HTTP/2; browsers may have HTTP/1.1 at the door.',
  },
  {
    at: 'tls_minimum_protocol_version',
    value: 'TLSv1_2',
    why: 'The oldest version that is not broken: clients from outside may be old.',
  },
  { at: 'tls_minimum_protocol_version', value: 'TLSv1_3', why: 'All services of the mesh speak it.' },
  {
    at: 'tls_maximum_protocol_version',
    why: "Envoy's own calls would stop at TLSv1_2 without it.",
  },
  {
    at: 'require_client_certificate',
    value: false,
    why: 'Callers from outside have keys or tokens, which the routers verify.',
  },
  {
    at: 'require_client_certificate',
    value: true,
    why: 'Only services call here, and each has a certificate.',
  },
  {
    at: 'match_typed_subject_alt_names',
    why: 'Whom the mesh knows: another certificate of the same authority is not enough.',
  },
  {
    at: 'internal_address_config',
    why: 'No caller counts as internal: x-envoy-* headers that change retries and timeouts are taken from nobody.',
  },
];

/** The reason of the field at `path`, such as `['route', 'timeout']`; undefined if none is given. */
export function reasonOf(path: readonly string[], value: unknown): string | undefined {
  const dotted = `.${path.join('.')}`;
  return reasons.find(
    (reason) => dotted.endsWith(`.${reason.at}`) && (!('value' in reason) || reason.value === value),
  )?.why;
}
