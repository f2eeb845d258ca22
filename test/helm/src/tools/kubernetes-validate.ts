import { fileURLToPath } from 'node:url';
import { runTool, type ToolResult } from './run-tool.js';

const python = fileURLToPath(new URL('../../../tools/python.mjs', import.meta.url));

/** Holds the objects of files against the schemas of a Kubernetes version, such as `1.37`; unknown keys are errors. */
export async function kubernetesValidate(version: string, files: readonly string[]): Promise<ToolResult> {
  const args = ['kubernetes-validate', '--strict', '-k', version, ...files];
  return runTool(process.execPath, [python, ...args]);
}
