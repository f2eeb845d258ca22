import { envoyOptionsSchema } from './envoy-options.js';

/** Why a field of the configuration has its value. */
export interface Reason {
  /** The end of the field's path; list places are left out. */
  readonly at: string;
  /** Only for this value. Default: any. */
  readonly value?: unknown;
  readonly why: string;
}

const option = (at: string, key: keyof typeof envoyOptionsSchema.shape): Reason => {
  return { at, why: envoyOptionsSchema.shape[key].description ?? '' };
};

/** The reasons that stand beside fields in the generated file. The first that fits a field is taken. */
export const reasons: readonly Reason[] = [
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
  option('per_connection_buffer_limit_bytes', 'bufferBytes'),
  option('max_request_headers_kb', 'maxRequestHeadersKb'),
  option('max_active_downstream_connections', 'maxDownstreamConnections'),
  { at: 'typed_config.dns_refresh_rate', why: 'New instances of a scaled stage are found within seconds.' },
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
