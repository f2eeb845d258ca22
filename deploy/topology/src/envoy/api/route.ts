import type { Duration, StringMatcher, Typed } from './common.js';

/** `envoy.config.route.v3.RouteConfiguration` */
export interface RouteConfiguration {
  name: string;
  virtual_hosts: VirtualHost[];
}

/** `envoy.config.route.v3.VirtualHost` */
export interface VirtualHost {
  name: string;
  domains: string[];
  routes: Route[];
  request_headers_to_remove?: string[];
  typed_per_filter_config?: { 'envoy.filters.http.cors': CorsPolicy };
}

/** `envoy.config.route.v3.Route` */
export type Route =
  | { match: RouteMatch; route: RouteAction }
  | { match: RouteMatch; direct_response: { status: number; body: { inline_string: string } } };

/** `envoy.config.route.v3.RouteMatch` */
export type RouteMatch = { path: string } | { prefix: string };

/** `envoy.config.route.v3.RouteAction`. Both timeouts are required: Envoy's defaults of 15 s and 5 min end live streams. */
export interface RouteAction {
  cluster: string;
  /** From the end of the request to the end of the answer; `0s` for none. */
  timeout: Duration;
  /** Without a byte in either direction; `0s` for none. */
  idle_timeout: Duration;
  retry_policy?: RetryPolicy;
}

/** A condition of `retry_on`, as Envoy's router knows them. */
export type RetryCondition =
  | 'connect-failure'
  | 'refused-stream'
  | 'reset-before-request'
  | 'reset'
  | 'cancelled'
  | 'deadline-exceeded'
  | 'internal'
  | 'resource-exhausted'
  | 'unavailable';

/** `envoy.config.route.v3.RetryPolicy` */
export interface RetryPolicy {
  /** Conditions, with commas between. */
  retry_on: string;
  num_retries: number;
  retry_back_off: { base_interval: Duration; max_interval: Duration };
  retry_host_predicate: {
    name: 'envoy.retry_host_predicates.previous_hosts';
    typed_config: Typed<'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate', object>;
  }[];
  host_selection_retry_max_attempts: number;
}

/** `envoy.extensions.filters.http.cors.v3.CorsPolicy` */
export type CorsPolicy = Typed<
  'envoy.extensions.filters.http.cors.v3.CorsPolicy',
  {
    allow_origin_string_match: StringMatcher[];
    allow_methods: string;
    allow_headers: string;
    expose_headers: string;
    max_age: string;
  }
>;
