import type { StringMatcher, Typed } from './common.js';

/** `envoy.config.core.v3.TransportSocket` for TLS. */
export type TransportSocket =
  | {
      name: 'envoy.transport_sockets.tls';
      typed_config: Typed<
        'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
        { common_tls_context: CommonTlsContext; require_client_certificate: boolean }
      >;
    }
  | {
      name: 'envoy.transport_sockets.tls';
      typed_config: Typed<
        'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        { common_tls_context: CommonTlsContext; sni?: string }
      >;
    };

/** `envoy.extensions.transport_sockets.tls.v3.CommonTlsContext` */
export interface CommonTlsContext {
  alpn_protocols: string[];
  tls_params: { tls_minimum_protocol_version: 'TLSv1_2' | 'TLSv1_3' };
  tls_certificate_sds_secret_configs?: SdsSecretConfig[];
  combined_validation_context?: {
    default_validation_context: {
      match_typed_subject_alt_names?: { san_type: 'URI' | 'DNS'; matcher: StringMatcher }[];
    };
    validation_context_sds_secret_config: SdsSecretConfig;
  };
  validation_context_sds_secret_config?: SdsSecretConfig;
}

/** `envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig`, of a file that Envoy watches. */
export interface SdsSecretConfig {
  name: string;
  sds_config: {
    path_config_source: { path: string; watched_directory?: { path: string } };
    resource_api_version: 'V3';
  };
}
