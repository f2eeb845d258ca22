import type { AccessLog } from './api/listener.js';

/** One line of JSON a call, to standard output. Times are milliseconds; of what is said and answered nothing is in it. */
export function jsonAccessLog(listener: string): AccessLog {
  return {
    name: 'envoy.access_loggers.stdout',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
      log_format: {
        json_format: {
          time: '%START_TIME%',
          listener,
          method: '%REQ(:PATH)%',
          protocol: '%PROTOCOL%',
          grpc_status: '%GRPC_STATUS(SNAKE_STRING)%',
          http_status: '%RESPONSE_CODE%',
          flags: '%RESPONSE_FLAGS%',
          details: '%RESPONSE_CODE_DETAILS%',
          duration_ms: '%DURATION%',
          first_byte_ms: '%RESPONSE_DURATION%',
          bytes_received: '%BYTES_RECEIVED%',
          bytes_sent: '%BYTES_SENT%',
          cluster: '%UPSTREAM_CLUSTER%',
          instance: '%UPSTREAM_HOST%',
          attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
          caller: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
          caller_identity: '%DOWNSTREAM_PEER_URI_SAN%',
          user_agent: '%REQ(USER-AGENT)%',
          tenant: '%REQ(OSUM-TENANT)%',
          request_id: '%REQ(X-REQUEST-ID)%',
          traceparent: '%REQ(TRACEPARENT)%',
        },
      },
    },
  };
}
