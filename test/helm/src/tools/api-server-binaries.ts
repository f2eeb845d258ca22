import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './run-tool.js';
import { installedTool } from './tools-folder.js';

/** Paths of the programs. */
export interface ApiServerBinaries {
  readonly apiServer: string;
  readonly etcd: string;
}

const module = fileURLToPath(new URL('../../api-server', import.meta.url));
const packages = { apiServer: 'k8s.io/kubernetes/cmd/kube-apiserver', etcd: 'go.etcd.io/etcd/server/v3' };

/**
 * Kubernetes' API server and etcd, built from source once for each content of `api-server/go.sum`: about a quarter of an hour on two
 * cores, at low priority.
 */
export async function apiServerBinaries(): Promise<ApiServerBinaries> {
  const sums = await readFile(join(module, 'go.sum'));
  const version = createHash('sha256').update(sums).digest('hex').slice(0, 12);
  const folder = await installedTool(`kube-apiserver-${version}`, async (target) => {
    console.error(`building kube-apiserver and etcd for ${target}; this takes a while, once`);
    const build = ['go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', `${target}/`];
    await mustRun('nice', ['-n', '10', ...build, ...Object.values(packages)], {
      cwd: module,
      env: { CGO_ENABLED: '0' },
    });
    await rename(join(target, 'server'), join(target, 'etcd'));
  });
  return { apiServer: join(folder, 'kube-apiserver'), etcd: join(folder, 'etcd') };
}
