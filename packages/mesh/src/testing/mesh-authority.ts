import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  createAuthority,
  type IdentityRequest,
  writeAuthority,
  writeIdentity,
} from '@osum/certificates';
import type { TlsConfig } from '../security/tls-config.js';

/** An authority, and a folder for what it issues. */
export interface MeshAuthority {
  readonly authority: Authority;
  readonly folder: string;
  /** TLS options of a service with a new certificate, written under `name`; called again it replaces the files. */
  issue(name: string, request: IdentityRequest, options?: Partial<TlsConfig>): Promise<TlsConfig>;
  remove(): Promise<void>;
}

/** A new authority with files in a temporary folder. */
export async function createMeshAuthority(name?: string): Promise<MeshAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-tls-'));
  const authority = await createAuthority(name);
  const tlsCa = await writeAuthority(folder, 'ca', authority.certificate);
  return {
    authority,
    folder,
    async issue(file, request, options = {}) {
      const { certificate, privateKey } = await writeIdentity(folder, file, await authority.issue(request));
      return {
        tlsCert: certificate,
        tlsKey: privateKey,
        tlsCa,
        tlsPeers: [],
        tlsServers: [],
        reloadSeconds: 3600,
        ...options,
      };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
