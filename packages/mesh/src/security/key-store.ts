import type { Telemetry } from '../telemetry/telemetry.js';
import { type Followed, follow } from './followed.js';
import { type KeyFiles, type KeyMaterial, readKeyMaterial } from './key-material.js';
import { createTlsMetrics, type KeyUse } from './tls-metrics.js';

/** A certificate with its key and authorities that follows its files: whoever renews them has nothing to restart. */
export type KeyStore = Followed<KeyMaterial>;

/** Options of {@link openKeyStore}. */
export interface KeyStoreOptions {
  readonly files: KeyFiles;
  /** How often the files are looked at, in milliseconds. */
  readonly reloadMs: number;
  readonly telemetry: Telemetry;
  /** Label of the metrics. */
  readonly use: KeyUse;
}

/**
 * Reads the files, and again whenever they have changed. Files that do not fit together, which is usual for a moment while they are
 * replaced, change nothing: the material from before counts until they do. Rejects if they cannot be used at the start.
 */
export async function openKeyStore({ files, reloadMs, telemetry, use }: KeyStoreOptions): Promise<KeyStore> {
  const metrics = createTlsMetrics(telemetry);
  const store = await follow({
    read: () => readKeyMaterial(files),
    same: sameMaterial,
    everyMs: reloadMs,
    onTaken({ validUntilMs }) {
      metrics.validUntil(use, validUntilMs);
      metrics.reloaded(use, 'taken');
      telemetry.log.info({ use, validUntil: new Date(validUntilMs).toISOString() }, 'took a new certificate');
    },
    onRefused(reason) {
      metrics.reloaded(use, 'refused');
      telemetry.log.warn({ use, reason }, 'kept the certificate from before');
    },
  });
  metrics.validUntil(use, store.current.validUntilMs);
  return store;
}

function sameMaterial(a: KeyMaterial, b: KeyMaterial): boolean {
  return (
    a.certificate.equals(b.certificate) &&
    a.privateKey.equals(b.privateKey) &&
    (a.authorities === undefined || b.authorities === undefined
      ? a.authorities === b.authorities
      : a.authorities.equals(b.authorities))
  );
}
