import { createOsumClient, type OsumClient } from '@osum/client';
import { type EmbeddedMeshOptions, startEmbeddedMesh } from './embedded-mesh.js';
import { clientCredentials, type MeshCredentials } from './mesh-credentials.js';

/** A client of a mesh that runs elsewhere (`address`), or of one that is started in this process for it. */
export async function connect(
  options: EmbeddedMeshOptions & MeshCredentials & { address?: string; tenant?: string },
): Promise<{ client: OsumClient; close(): Promise<void> }> {
  const tenant = options.tenant === undefined ? {} : { tenant: options.tenant };
  if (options.address !== undefined) {
    const client = createOsumClient({ address: options.address, ...tenant, ...clientCredentials(options) });
    return { client, close: async () => client.close() };
  }
  const mesh = await startEmbeddedMesh({ ...options, listen: '127.0.0.1:0' });
  const client = createOsumClient({ address: mesh.address, ...tenant });
  return {
    client,
    async close() {
      client.close();
      await mesh.drain();
    },
  };
}
