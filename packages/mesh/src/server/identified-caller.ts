import type { CallContext } from 'nice-grpc-common';
import type { Authenticate } from '../security/authenticate.js';
import { headersTooLarge } from '../security/header-size.js';
import { takePeer } from '../security/peer-interceptor.js';

/** Who makes a call, or why it is refused. */
export interface IdentifiedCaller {
  readonly tenant: string;
  /** Thrown once it can become a status, before a handler is reached. */
  readonly refusal?: unknown;
}

// Tenant of refused calls, in logs.
const nobody = '';

/** Finds out who makes a call. Never rejects. */
export async function identifiedCaller(
  { metadata, peer: from }: CallContext,
  authenticate: Authenticate,
  maxHeaderBytes: number,
): Promise<IdentifiedCaller> {
  const peer = takePeer(metadata);
  const tooLarge = headersTooLarge(metadata, maxHeaderBytes);
  if (tooLarge !== undefined) return { tenant: nobody, refusal: tooLarge };
  try {
    const { tenant } = await authenticate({ metadata, peer, from });
    return { tenant };
  } catch (refusal) {
    return { tenant: nobody, refusal };
  }
}
