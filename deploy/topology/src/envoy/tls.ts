import { join } from 'node:path';
import type { StringMatcher } from './api/common.js';
import type { CommonTlsContext, SdsSecretConfig, Secret, TransportSocket } from './api/tls.js';
import type { EnvoyOptions } from './envoy-options.js';

type WithSocket = { transport_socket?: TransportSocket };

const certificates = { door: 'door-certificate', mesh: 'mesh-certificate' } as const;
const authorities = 'mesh-authorities';

/** TLS towards callers from outside, who prove who they are by keys or tokens; nothing in plaintext. */
export function doorTls(options: EnvoyOptions): WithSocket {
  const files = doorFiles(options);
  if (files === undefined) return {};
  const context: CommonTlsContext = {
    alpn_protocols: ['h2', 'http/1.1'],
    tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificate_sds_secret_configs: [secret(certificates.door, options)],
  };
  return { transport_socket: downstream(context, false) };
}

/** TLS towards stages that call other stages: only those with an accepted identity. */
export function meshTls(options: EnvoyOptions): WithSocket {
  if (meshFiles(options) === undefined) return {};
  return { transport_socket: downstream(mutual(options.tlsPeers, options), true) };
}

/** TLS towards the instances that are called: they see Envoy's identity, and must have an accepted one. */
export function stageTls(options: EnvoyOptions): WithSocket {
  if (meshFiles(options) === undefined) return {};
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: mutual(options.tlsServers, options),
      },
    },
  };
}

/** The secrets that the configuration names, each to be written to its file in `secretsFolder`. */
export function secrets(options: EnvoyOptions): Secret[] {
  const door = doorFiles(options);
  const mesh = meshFiles(options);
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
  const certificate = (name: string, { cert, key }: { cert: string; key: string }): Secret => {
    return {
      '@type': type,
      name,
      tls_certificate: { certificate_chain: { filename: cert }, private_key: { filename: key } },
    };
  };
  return [
    ...(door === undefined ? [] : [certificate(certificates.door, door)]),
    ...(mesh === undefined
      ? []
      : [
          certificate(certificates.mesh, mesh),
          {
            '@type': type,
            name: authorities,
            validation_context: { trusted_ca: { filename: mesh.ca } },
          } as const,
        ]),
  ];
}

/** Path of a secret's file. */
export function secretPath(name: string, { secretsFolder }: EnvoyOptions): string {
  return join(secretsFolder, `${name}.yaml`);
}

function doorFiles({ doorCert, doorKey, tlsCert, tlsKey }: EnvoyOptions) {
  const [cert, key] = doorCert === undefined ? [tlsCert, tlsKey] : [doorCert, doorKey];
  if (cert === undefined) return undefined;
  return {
    cert,
    key: required(key, doorCert === undefined ? 'tlsKey' : 'doorKey', 'the key of the certificate'),
  };
}

function meshFiles({ tlsCert, tlsKey, tlsCa, tlsPeers, tlsServers }: EnvoyOptions) {
  if (tlsCert === undefined) return undefined;
  required(tlsPeers[0], 'tlsPeers', 'the identities of the services that call others');
  required(tlsServers[0], 'tlsServers', 'the identities of the services that are called');
  return {
    cert: tlsCert,
    key: required(tlsKey, 'tlsKey', 'the key of the certificate'),
    ca: required(tlsCa, 'tlsCa', 'the authorities of the mesh'),
  };
}

function required(value: string | undefined, name: string, what: string): string {
  if (value !== undefined) return value;
  throw new Error(`${name}: expected ${what}, for a certificate is given`);
}

function downstream(context: CommonTlsContext, requireClient: boolean): TransportSocket {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: context,
      require_client_certificate: requireClient,
    },
  };
}

function mutual(identities: readonly string[], options: EnvoyOptions): CommonTlsContext {
  return {
    alpn_protocols: ['h2'],
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificate_sds_secret_configs: [secret(certificates.mesh, options)],
    combined_validation_context: {
      default_validation_context: {
        match_typed_subject_alt_names: identities.map((identity) => {
          return { san_type: 'URI' as const, matcher: matcherOf(identity) };
        }),
      },
      validation_context_sds_secret_config: secret(authorities, options),
    },
  };
}

// `spiffe://mesh.example/*` stands for all below the path.
function matcherOf(identity: string): StringMatcher {
  return identity.endsWith('/*') ? { prefix: identity.slice(0, -1) } : { exact: identity };
}

// A secret of a file of its own: Envoy takes new certificates when they are moved to the place of the old ones.
function secret(name: string, options: EnvoyOptions): SdsSecretConfig {
  return {
    name,
    sds_config: { path_config_source: { path: secretPath(name, options) }, resource_api_version: 'V3' },
  };
}
