import { counter, gauge } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type KeyFiles, type KeyMaterial, readKeyMaterial } from './key-material.js';

/** A certificate with its key and authorities that follows its files: whoever renews them has nothing to restart. */
export interface KeyStore {
  /** What counts now. */
  readonly current: KeyMaterial;
  /** Calls back with new material; returns the way to end that. */
  onChange(listener: (material: KeyMaterial) => void): () => void;
  /** Stops looking at the files. */
  close(): void;
}

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
  let current = await readKeyMaterial(files);
  const listeners = new Set<(material: KeyMaterial) => void>();
  const told = () => validUntil.set({ use }, current.validUntilMs / 1000);
  told();

  let lastComplaint = '';
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const read = await readKeyMaterial(files);
      lastComplaint = '';
      if (sameMaterial(read, current)) return;
      current = read;
      told();
      reloads.inc({ use, outcome: 'taken' });
      telemetry.log.info(
        { use, validUntil: new Date(read.validUntilMs).toISOString() },
        'took a new certificate',
      );
      for (const listener of listeners) listener(read);
    } catch (error) {
      const { message } = error as Error;
      if (message === lastComplaint) return;
      lastComplaint = message;
      reloads.inc({ use, outcome: 'refused' });
      telemetry.log.warn({ use, reason: message }, 'kept the certificate from before');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, reloadMs).unref();

  return {
    get current() {
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
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
