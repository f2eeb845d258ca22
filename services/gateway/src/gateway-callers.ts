import {
  type Authenticate,
  callerByHeader,
  callerOfTenant,
  credentialHeaders,
  isTrusted,
  MeshError,
} from '@osum/mesh';
import { Metadata } from 'nice-grpc-common';

/** By what callers of a gateway are known. */
export interface GatewayCallerRules {
  /** Whether the doors use TLS. In plaintext nothing is verified here: that is for whatever stands in front. */
  readonly isSecure: boolean;
  /** SPIFFE identities whose word on the tenant is believed. */
  readonly peers: readonly string[];
  /** Tenant of callers without credentials; undefined if they are refused. */
  readonly anonymousTenant: string | undefined;
}

/**
 * Who calls a gateway. It verifies no key and no token: it passes them on, and the router does. So that nobody is taken for the gateway
 * itself there, a caller with neither is refused, unless it is a peer or there is an anonymous tenant.
 */
export function gatewayCallers({ isSecure, peers, anonymousTenant }: GatewayCallerRules): Authenticate {
  return (evidence) => {
    const shown = Object.values(credentialHeaders).some((name) => evidence.metadata.get(name) !== undefined);
    if (!isSecure || shown || isTrusted(evidence.peer, peers)) return callerByHeader(evidence);
    if (anonymousTenant !== undefined) return callerOfTenant(evidence, anonymousTenant);
    throw new MeshError(
      'unauthenticated',
      'Expected an API key in x-api-key, or a key or token in `authorization: Bearer ...`; got none.',
    );
  };
}

type CredentialHeader = (typeof credentialHeaders)[keyof typeof credentialHeaders];

/** The credentials among the headers of a request, to be passed on to the router. */
export function passedOn(header: (name: CredentialHeader) => string | undefined): Metadata {
  const metadata = Metadata();
  for (const name of Object.values(credentialHeaders)) {
    const value = header(name);
    if (value !== undefined) metadata.set(name, value);
  }
  return metadata;
}
