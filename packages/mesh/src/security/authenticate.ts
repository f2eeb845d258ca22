import type { Metadata } from 'nice-grpc-common';
import { MeshError } from '../status/mesh-error.js';
import type { Peer } from './peer.js';
import { isAccepted } from './spiffe-id.js';
import { defaultTenant, tenantHeader } from './tenant-header.js';

/** What a call shows of who makes it. */
export interface CallEvidence {
  /** Headers as they came: whatever they say has to be verified. */
  readonly metadata: Metadata;
  /** What the connection proves; undefined in plaintext and without a certificate. */
  readonly peer: Peer | undefined;
  /** `host:port` at the other end of the connection. */
  readonly from: string;
}

/** Who makes a call. */
export interface Caller {
  /** Who the work is for. */
  readonly tenant: string;
}

/** Decides who makes a call. Throws a MeshError `unauthenticated` or `notAllowed`, which refuses the call. */
export type Authenticate = (evidence: CallEvidence) => Caller | Promise<Caller>;

/** The tenant that the header names: for plaintext, where nothing can be verified, and for callers that are trusted. */
export function callerByHeader({ metadata }: Pick<CallEvidence, 'metadata'>): Caller {
  return { tenant: metadata.get(tenantHeader) ?? defaultTenant };
}

/**
 * A caller who is known to be of `tenant`. Throws `notAllowed` if the header names another; the default tenant, which a gateway names
 * for whoever names none, does not count.
 */
export function callerOfTenant({ metadata }: Pick<CallEvidence, 'metadata'>, tenant: string): Caller {
  const named = metadata.get(tenantHeader);
  if (named === undefined || named === tenant || named === defaultTenant) return { tenant };
  throw new MeshError(
    'notAllowed',
    `The call is of the tenant "${tenant}", but ${tenantHeader} names another; leave the header out.`,
    { facts: { tenant } },
  );
}

/** Takes calls from peers with one of `identities` only, and believes the tenant that they name. */
export function peersOnly(identities: readonly string[]): Authenticate {
  return (evidence) => {
    requirePeer(evidence.peer, identities);
    return callerByHeader(evidence);
  };
}

/** Throws unless the connection proves one of `identities`. */
function requirePeer(peer: Peer | undefined, identities: readonly string[]): void {
  if (isTrusted(peer, identities)) return;
  if (peer === undefined) {
    throw new MeshError('unauthenticated', 'Expected a client certificate of this mesh, got none.');
  }
  throw new MeshError(
    'notAllowed',
    peer.spiffeId === undefined
      ? 'The client certificate has no SPIFFE identity; this service takes calls from the identities in its tlsPeers only.'
      : `${peer.spiffeId} is not among the identities that may call this service; add it to its tlsPeers if it should be.`,
    { facts: peer.spiffeId === undefined ? {} : { peer: peer.spiffeId } },
  );
}

/** Whether the connection proves one of `identities`. */
export function isTrusted(peer: Peer | undefined, identities: readonly string[]): boolean {
  return peer?.spiffeId !== undefined && isAccepted(identities, peer.spiffeId);
}
