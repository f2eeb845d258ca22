import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials } from '@grpc/grpc-js';
import { createAuthority, writeAuthority, writeIdentity } from '@osum/certificates';
import { type LocalMeshOptions, type StageName, stageNames } from '@osum/deploy';

/** mTLS on all links of a local mesh. */
export interface MutualTls {
  /** For `startLocalMesh`. */
  readonly options: Pick<LocalMeshOptions, 'flags' | 'envoy'>;
  /** Of a client, who needs no certificate. */
  readonly clientCredentials: ChannelCredentials;
  /** Removes the files. */
  remove(): Promise<void>;
}

const identity = 'spiffe://bench.example/mesh';

/** New certificates of an authority of their own: one identity for all services and Envoy, ECDSA P-256. */
export async function createMutualTls(): Promise<MutualTls> {
  const folder = await mkdtemp(join(tmpdir(), 'osum-bench-tls-'));
  const authority = await createAuthority();
  const tlsCa = await writeAuthority(folder, 'ca', authority.certificate);
  const issued = await authority.issue({ spiffeId: identity, hosts: ['127.0.0.1'] });
  const { certificate: tlsCert, privateKey: tlsKey } = await writeIdentity(folder, 'mesh', issued);
  const own = ['--tls-cert', tlsCert, '--tls-key', tlsKey, '--tls-ca', tlsCa, '--tls-servers', identity];
  const flagsOf = (stage: StageName) =>
    stage === 'router' ? [...own, '--anonymous-tenant', 'bench'] : [...own, '--tls-peers', identity];
  return {
    options: {
      flags: Object.fromEntries(stageNames.map((stage) => [stage, flagsOf(stage)])),
      envoy: { tlsCert, tlsKey, tlsCa, tlsPeers: [identity], tlsServers: [identity] },
    },
    clientCredentials: ChannelCredentials.createSsl(await readFile(tlsCa)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
