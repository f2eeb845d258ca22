import { createOsumClient, type OsumClient, type RetryOptions } from '@osum/client';
import { type EmbeddedMeshOptions, startEmbeddedMesh } from './embedded-mesh.js';
import { clientCredentials, type MeshCredentials } from './mesh-credentials.js';

/** A client of a mesh that runs elsewhere (`address`), or of one that is started in this process for it. */
export async function connect(
  options: EmbeddedMeshOptions &
    MeshCredentials & { address?: string; tenant?: string; retry?: Partial<RetryOptions> },
): Promise<{ client: OsumClient; close(): Promise<void> }> {
  const shared = {
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...(options.retry && { retry: options.retry }),
  };
  if (options.address !== undefined) {
    const client = createOsumClient({ address: options.address, ...shared, ...clientCredentials(options) });
    return { client, close: async () => client.close() };
  }
  const mesh = await startEmbeddedMesh({ ...options, listen: '127.0.0.1:0' });
  const client = createOsumClient({ address: mesh.address, ...shared });
  return {
    client,
    async close() {
      client.close();
      await mesh.drain();
    },
  };
}
