import { type MeshContext, outgoing } from '@osum/mesh';
import { passedOn } from '../gateway-callers.js';
import type { RouterCallOptions } from '../understanding.js';

/** Options of the router's call that answers the call being served: beside what all services hand on, the caller's credentials. */
export function onward(context: MeshContext): RouterCallOptions {
  return { ...outgoing(context), metadata: passedOn((name) => context.metadata.get(name)) };
}
