import { tenantHeader } from '@osum/mesh';
import type { Listener } from './api/listener.js';
import type { CorsPolicy } from './api/route.js';
import type { EnvoyOptions } from './envoy-options.js';
import { grpcListener } from './http-connection.js';
import { infrastructureRoutes, stageRoutes } from './routes.js';
import { doorTls } from './tls.js';

/** The listener that clients call: the routers, by gRPC and gRPC-Web. */
export function doorListener(options: EnvoyOptions): Listener {
  const tls = doorTls(options);
  return grpcListener(
    {
      name: 'door',
      listen: options.doorListen,
      codec: 'AUTO',
      tls,
      filters: [
        {
          name: 'envoy.filters.http.cors',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors' },
        },
        {
          name: 'envoy.filters.http.grpc_web',
          typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb' },
        },
      ],
      virtualHost: {
        routes: [...stageRoutes('router', options), ...infrastructureRoutes('router', options)],
        ...(tls.transport_socket && { request_headers_to_remove: [tenantHeader] }),
        typed_per_filter_config: { 'envoy.filters.http.cors': browserPolicy(options.browserOrigins) },
      },
    },
    options,
  );
}

function browserPolicy(origins: readonly string[]): CorsPolicy {
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
    allow_origin_string_match: origins.map((exact) => ({ exact })),
    allow_methods: 'POST, OPTIONS',
    allow_headers: [
      'content-type',
      'x-grpc-web',
      'x-user-agent',
      'grpc-timeout',
      'authorization',
      'x-api-key',
      tenantHeader,
      'traceparent',
      'tracestate',
    ].join(', '),
    expose_headers: ['grpc-status', 'grpc-message', 'grpc-status-details-bin', 'grpc-retry-pushback-ms'].join(
      ', ',
    ),
    max_age: '86400',
  };
}
