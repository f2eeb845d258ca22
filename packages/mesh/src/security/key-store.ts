import { counter, gauge } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type Followed, follow } from './followed.js';
import { type KeyFiles, type KeyMaterial, readKeyMaterial } from './key-material.js';

/** A certificate with its key and authorities that follows its files: whoever renews them has nothing to restart. */
export type KeyStore = Followed<KeyMaterial>;

/** Options of {@link openKeyStore}. */
export interface KeyStoreOptions {
  readonly files: KeyFiles;
  /** How often the files are looked at, in milliseconds. */
  readonly reloadMs: number;
  readonly telemetry: Telemetry;
  /** Label of the metrics: what the certificate is for. */
  readonly use: 'mesh' | 'door';
}

/**
 * Reads the files, and again whenever they have changed. Files that do not fit together, which is usual for a moment while they are
 * replaced, change nothing: the material from before counts until they do. Rejects if they cannot be used at the start.
 */
export async function openKeyStore({ files, reloadMs, telemetry, use }: KeyStoreOptions): Promise<KeyStore> {
  const reloads = counter(telemetry, {
    name: 'osum_tls_reloads_total',
    help: 'Certificates taken from changed files, or refused because the files do not fit together.',
    labelNames: ['use', 'outcome'],
  });
  const validUntil = gauge(telemetry, {
    name: 'osum_tls_valid_until_seconds',
    help: 'End of the validity of the certificate in use, in seconds since the epoch.',
    labelNames: ['use'],
  });
  const inUse = ({ validUntilMs }: KeyMaterial) => validUntil.set({ use }, validUntilMs / 1000);
  const store = await follow({
    read: () => readKeyMaterial(files),
    same: sameMaterial,
    everyMs: reloadMs,
    onTaken(material) {
      inUse(material);
      reloads.inc({ use, outcome: 'taken' });
      const until = new Date(material.validUntilMs).toISOString();
      telemetry.log.info({ use, validUntil: until }, 'took a new certificate');
    },
    onRefused(reason) {
      reloads.inc({ use, outcome: 'refused' });
      telemetry.log.warn({ use, reason }, 'kept the certificate from before');
    },
  });
  inUse(store.current);
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
