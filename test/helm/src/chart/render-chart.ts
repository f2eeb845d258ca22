import { parseAllDocuments } from 'yaml';
import { helmBinaries } from '../tools/helm-binaries.js';
import { runTool, type ToolResult } from '../tools/run-tool.js';
import { chartFolder } from './chart-files.js';

/** An object that the chart rendered. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** A rendered object with its own text. */
export interface Rendered {
  readonly manifest: Manifest;
  readonly text: string;
}

/** Name and namespace of the release that tests render. */
export const release = { name: 'osum', namespace: 'speech' };

/** Runs `helm template` with further arguments, such as `--values FILE`. */
export async function template(args: readonly string[]): Promise<ToolResult> {
  const { helm } = await helmBinaries();
  const { name, namespace } = release;
  return runTool(helm, ['template', name, chartFolder, '--namespace', namespace, ...args]);
}

/** The objects of a case. Throws with what Helm said when it does not render. */
export async function render(args: readonly string[]): Promise<Rendered[]> {
  const { status, stdout, stderr } = await template(args);
  if (status !== 0) throw new Error(`helm template ${args.join(' ')} failed:\n${stderr}`);
  return stdout
    .split(/^---\n/m)
    .filter((text) => text.trim() !== '')
    .map((text) => ({ manifest: manifestFrom(text), text }));
}

function manifestFrom(text: string): Manifest {
  const [document, ...others] = parseAllDocuments(text);
  if (document === undefined || others.length > 0 || document.errors.length > 0)
    throw new Error(`expected one YAML document, got:\n${text}`);
  return document.toJS() as Manifest;
}

/** `Deployment/osum-osum-mesh-encoder`. */
export function keyOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}
