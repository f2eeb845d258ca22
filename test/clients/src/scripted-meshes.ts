import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { createAuthority, writeAuthority } from '@osum/certificates';
import { startScriptedMesh } from '@osum/client/testing';

/** The scripted mesh in plaintext and by TLS, as the tests of the clients find them. */
export interface ScriptedMeshes {
  /** For the environment: OSUM_SCRIPTED and OSUM_SCRIPTED_TLS, each `host:port`; OSUM_TLS_CA, a file. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** See `ScriptedMeshes`. */
export async function startScriptedMeshes(): Promise<ScriptedMeshes> {
  const authority = await createAuthority('osum-mesh client tests');
  const { certificate, privateKey } = await authority.issue({ hosts: ['localhost', '127.0.0.1'] });
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(privateKey) };
  const plain = await startScriptedMesh();
  const secure = await startScriptedMesh({ credentials: ServerCredentials.createSsl(null, [pair]) });
  const folder = await mkdtemp(join(tmpdir(), 'osum-clients-'));
  return {
    env: {
      OSUM_SCRIPTED: plain.address,
      OSUM_SCRIPTED_TLS: secure.address,
      OSUM_TLS_CA: await writeAuthority(folder, 'authority', authority.certificate),
    },
    async stop() {
      plain.close();
      secure.close();
      await rm(folder, { recursive: true });
    },
  };
}
