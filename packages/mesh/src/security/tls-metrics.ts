import { counter, gauge } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** What is counted of certificates. `use` is what they are for: the mesh, or its door. */
export interface TlsMetrics {
  /** Changed files were taken, or refused because they do not fit together. */
  reloaded(use: KeyUse, outcome: 'taken' | 'refused'): void;
  /** A certificate is in use until then. */
  validUntil(use: KeyUse, epochMs: number): void;
}

/** What a certificate is for. */
export type KeyUse = 'mesh' | 'door';

/** The metrics in the registry of `telemetry`. */
export function createTlsMetrics(telemetry: Telemetry): TlsMetrics {
  const reloads = counter(telemetry, {
    name: 'osum_tls_reloads_total',
    help: 'Certificates taken from changed files, or refused because the files do not fit together.',
    labelNames: ['use', 'outcome'],
  });
  const until = gauge(telemetry, {
    name: 'osum_tls_valid_until_seconds',
    help: 'End of the validity of the certificate in use, in seconds since the epoch.',
    labelNames: ['use'],
  });
  return {
    reloaded: (use, outcome) => reloads.inc({ use, outcome }),
    validUntil: (use, epochMs) => until.set({ use }, epochMs / 1000),
  };
}
