import type { FileSource, StringMatcher, Typed } from './common.js';

/** `envoy.config.core.v3.TransportSocket` for TLS. */
export interface TransportSocket {
  name: 'envoy.transport_sockets.tls';
  typed_config:
    | Typed<
        'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
        { common_tls_context: CommonTlsContext; require_client_certificate: boolean }
      >
    | Typed<
        'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        { common_tls_context: CommonTlsContext }
      >;
}

/** `envoy.extensions.transport_sockets.tls.v3.CommonTlsContext` */
export interface CommonTlsContext {
  alpn_protocols: string[];
  /** Both are required: Envoy's default for calls that it makes is TLS 1.2 at most. */
  tls_params: {
    tls_minimum_protocol_version: 'TLSv1_2' | 'TLSv1_3';
    tls_maximum_protocol_version: 'TLSv1_3';
  };
  tls_certificate_sds_secret_configs: SdsSecretConfig[];
  combined_validation_context?: {
    default_validation_context: {
      match_typed_subject_alt_names: { san_type: 'URI'; matcher: StringMatcher }[];
    };
    validation_context_sds_secret_config: SdsSecretConfig;
  };
}

/** `envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig`, of a file that Envoy watches. */
export interface SdsSecretConfig {
  name: string;
  sds_config: { path_config_source: { path: string }; resource_api_version: 'V3' };
}

/** `envoy.extensions.transport_sockets.tls.v3.Secret` */
export type Secret = Typed<
  'envoy.extensions.transport_sockets.tls.v3.Secret',
  | { name: string; tls_certificate: { certificate_chain: FileSource; private_key: FileSource } }
  | { name: string; validation_context: { trusted_ca: FileSource } }
>;
