import { Metadata } from 'nice-grpc-common';
import { writeStatusDetails } from './status-details.js';
import { type StatusKind, statusTable } from './status-table.js';

/**
 * A row of the status table as the headers of an answer without messages, for a proxy that answers instead of a service:
 * `grpc-status`, the details that name the row, and the pushback. The message itself is left to the proxy.
 */
export function statusHeaders(kind: StatusKind, pushbackMs?: number): Record<string, string> {
  const { code, meaning } = statusTable[kind];
  const trailer = new Metadata();
  writeStatusDetails(trailer, code, meaning, { kind, pushbackMs, violations: [], facts: {} });
  const headers: Record<string, string> = { 'grpc-status': String(code) };
  for (const [name, values] of trailer) {
    const [value] = values;
    // gRPC writes binary metadata in base64 without padding.
    if (value !== undefined)
      headers[name] =
        typeof value === 'string' ? value : Buffer.from(value).toString('base64').replace(/=+$/, '');
  }
  return headers;
}
