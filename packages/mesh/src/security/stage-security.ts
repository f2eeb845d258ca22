import type { ServerOptions } from '../server/server.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { peersOnly } from './authenticate.js';
import { openTls, type Tls } from './open-tls.js';
import type { TlsConfig } from './tls-config.js';

/** How the server of a service is secured: options of `startServer`. */
export type ServerSecurity = Pick<ServerOptions, 'credentials' | 'authenticate' | 'openHealth'>;

/** How a service is secured. */
export interface Security {
  readonly server: ServerSecurity;
  /** For `createChannels`. */
  readonly channelCredentials: Tls['channelCredentials'];
  /** Stops following the files. */
  close(): void;
}

/** Nothing is verified. For loopback, and where something else keeps strangers out. */
export const noSecurity: Security = { server: {}, channelCredentials: undefined, close: () => {} };

/**
 * mTLS for a service that takes calls of the mesh only: nobody gets through the handshake without a certificate of the authorities, and
 * no call through without an identity of `tlsPeers`. Without `tlsCert` nothing is verified.
 *
 * @throws Error with a sentence about the options or files that do not fit.
 */
export async function openStageSecurity(config: TlsConfig, telemetry: Telemetry): Promise<Security> {
  const tls = await openTls(config, telemetry);
  if (tls === null) return noSecurity;
  if (config.tlsPeers.length === 0) {
    tls.close();
    throw new Error('--tls-cert needs --tls-peers: the SPIFFE identities that may call this service');
  }
  return {
    server: { credentials: tls.serverCredentials('required'), authenticate: peersOnly(config.tlsPeers) },
    channelCredentials: tls.channelCredentials,
    close: () => tls.close(),
  };
}
