import type { Metadata } from 'nice-grpc-common';
import { MeshError } from '../status/mesh-error.js';

// HTTP/2 counts each header with this much beside its name and value (RFC 9113, section 6.5.2).
const entryBytes = 32;

/** The refusal of a call whose headers exceed `maxBytes`; undefined for all others. */
export function headersTooLarge(metadata: Metadata, maxBytes: number): MeshError | undefined {
  let bytes = 0;
  for (const [name, values] of metadata) {
    for (const value of values) bytes += entryBytes + name.length + value.length;
  }
  if (bytes <= maxBytes) return undefined;
  return new MeshError(
    'headersTooLarge',
    `The headers of the call have ${bytes} bytes, more than the ${maxBytes} that this server takes; send fewer or shorter ones.`,
    // The status is one that clients repeat: this tells them not to.
    { facts: { limitBytes: String(maxBytes) }, pushbackMs: -1 },
  );
}
