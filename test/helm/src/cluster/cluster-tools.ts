import { helmBinaries } from '../tools/helm-binaries.js';
import { runTool, type ToolResult } from '../tools/run-tool.js';
import type { ApiServer } from './api-server.js';

/** kubectl and helm against one API server and namespace. */
export interface ClusterTools {
  kubectl(args: readonly string[], input?: string): Promise<ToolResult>;
  helm(args: readonly string[]): Promise<ToolResult>;
  /** Standard output of kubectl, which must succeed. */
  read(args: readonly string[]): Promise<string>;
}

/** See {@link ClusterTools}. */
export async function clusterTools({ kubeconfig }: ApiServer, namespace: string): Promise<ClusterTools> {
  const { helm, kubectl } = await helmBinaries();
  const env = { KUBECONFIG: kubeconfig };
  const runKubectl = (args: readonly string[], input = '') =>
    runTool(kubectl, ['--namespace', namespace, ...args], { env, input });
  return {
    kubectl: runKubectl,
    helm: (args) => runTool(helm, ['--namespace', namespace, ...args], { env }),
    async read(args) {
      const { status, stdout, stderr } = await runKubectl(args);
      if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
  };
}
