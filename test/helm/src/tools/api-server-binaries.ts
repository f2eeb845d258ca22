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
const packages = ['k8s.io/kubernetes/cmd/kube-apiserver', 'go.etcd.io/etcd/server/v3'];

/**
 * Kubernetes' API server and etcd, built from source once for each content of `api-server/`: about a quarter of an hour on two cores,
 * at low priority.
 */
export async function apiServerBinaries(): Promise<ApiServerBinaries> {
  const [definition, sums] = await Promise.all([read('go.mod'), read('go.sum')]);
  const [, version] = /\bk8s\.io\/kubernetes (v[\d.]+)/.exec(definition) ?? [];
  if (version === undefined) throw new Error(`${module}/go.mod names no version of k8s.io/kubernetes`);
  const hash = createHash('sha256').update(definition).update(sums).digest('hex').slice(0, 12);
  const folder = await installedTool(`kube-apiserver-${version}-${hash}`, async (target) => {
    console.error(`building kube-apiserver ${version} and etcd; this takes a while, once`);
    const flags = ['-trimpath', '-ldflags', linkerFlags(version), '-o', `${target}/`];
    await mustRun('nice', ['-n', '10', 'go', 'build', ...flags, ...packages], {
      cwd: module,
      env: { CGO_ENABLED: '0' },
    });
    await rename(join(target, 'server'), join(target, 'etcd'));
  });
  return { apiServer: join(folder, 'kube-apiserver'), etcd: join(folder, 'etcd') };
}

/** Without debugging information, and with the version that the server tells its clients. */
function linkerFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const facts = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const set = Object.entries(facts).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ['-s', '-w', ...set].join(' ');
}

function read(file: string): Promise<string> {
  return readFile(join(module, file), 'utf8');
}
