import type { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { keyStoreChannelCredentials } from './channel-credentials.js';
import { type KeyStore, openKeyStore } from './key-store.js';
import { type ClientCertificates, keyStoreServerCredentials } from './server-credentials.js';
import type { DoorConfig, TlsConfig } from './tls-config.js';
import { createTlsMetrics } from './tls-metrics.js';

/** TLS of a service. */
export interface Tls {
  /** For the calls that it makes; undefined if only its door has a certificate. */
  readonly channelCredentials: ChannelCredentials | undefined;
  /** The certificate that callers see. */
  readonly shown: KeyStore;
  /** For a server that shows that certificate. */
  serverCredentials(certificates: ClientCertificates): ServerCredentials;
  /** Stops following the files. */
  close(): void;
}

/**
 * Opens the certificates of a configuration; null if it names none.
 *
 * @throws Error with a sentence: an option without the other that it needs, or a file that cannot be used.
 */
export async function openTls(config: TlsConfig & DoorConfig, telemetry: Telemetry): Promise<Tls | null> {
  // In plaintext, too, so that dashboards find them.
  createTlsMetrics(telemetry);
  const { tlsCert, tlsKey, tlsCa, tlsPeers, tlsServers, doorCert, doorKey } = config;
  requireTogether({ '--tls-cert': tlsCert, '--tls-key': tlsKey });
  requireTogether({ '--door-cert': doorCert, '--door-key': doorKey });
  if (tlsCert !== undefined && tlsCa === undefined) throw new Error('--tls-cert needs --tls-ca');
  if (tlsCert === undefined && tlsServers.length > 0) throw new Error('--tls-servers needs --tls-cert');
  if (tlsPeers.length > 0 && (tlsCa === undefined || (tlsCert ?? doorCert) === undefined)) {
    throw new Error('--tls-peers needs --tls-cert and --tls-ca: identities are proved by certificates');
  }
  const common = { reloadMs: config.reloadSeconds * 1000, telemetry };
  const open = async (use: 'mesh' | 'door', certificate?: string, privateKey?: string) =>
    certificate === undefined || privateKey === undefined
      ? undefined
      : openKeyStore({ ...common, use, files: { certificate, privateKey, authorities: tlsCa } });
  const mesh = await open('mesh', tlsCert, tlsKey);
  const door = await open('door', doorCert, doorKey).catch((error) => {
    mesh?.close();
    throw error;
  });
  const shown = door ?? mesh;
  if (shown === undefined) return null;
  return {
    channelCredentials: mesh && keyStoreChannelCredentials(mesh, tlsServers),
    shown,
    serverCredentials: (certificates) => keyStoreServerCredentials(shown, certificates),
    close() {
      mesh?.close();
      door?.close();
    },
  };
}

function requireTogether(options: Record<string, string | undefined>): void {
  const names = Object.keys(options);
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length === 0 || given.length === names.length) return;
  throw new Error(`${given.join(', ')} needs ${names.filter((name) => !given.includes(name)).join(', ')}`);
}
