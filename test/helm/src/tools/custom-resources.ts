import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './run-tool.js';
import { installedTool } from './tools-folder.js';

/** A kind that is not Kubernetes' own, and the Go module of the project that defines it. */
export interface CustomResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly module: string;
  /** The module's hash, as in a go.sum. */
  readonly sum: string;
  /** The definition's path in the module. */
  readonly file: string;
}

/** The custom resources that the chart renders. */
export const customResources: readonly CustomResource[] = [
  {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    module: 'github.com/kedacore/keda/v2@v2.20.2',
    sum: 'h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=',
    file: 'config/crd/bases/keda.sh_scaledobjects.yaml',
  },
  {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    module: 'github.com/cert-manager/cert-manager@v1.20.2',
    sum: 'h1:CimnY00nLqB2lmxhoSuEC4GDMFDK7JCXqyjwMM9ndIQ=',
    file: 'deploy/crds/cert-manager.io_certificates.yaml',
  },
];

/** Path of the definition of a kind, as its project publishes it; checked by hash. */
export async function definitionFile({ kind, module, sum, file }: CustomResource): Promise<string> {
  const name = `${module.replaceAll('/', '_')}-${kind}`;
  const folder = await installedTool(name, async (target) => {
    const { Dir, Sum } = JSON.parse(
      await mustRun('go', ['mod', 'download', '-json', module], { cwd: tmpdir() }),
    );
    if (Sum !== sum) throw new Error(`${module}: expected ${sum}, the proxy sent ${Sum}`);
    await copyFile(join(Dir, file), join(target, 'definition.yaml'));
  });
  return join(folder, 'definition.yaml');
}
