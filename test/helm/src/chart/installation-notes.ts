import { helmBinaries } from '../tools/helm-binaries.js';
import { mustRun } from '../tools/run-tool.js';
import { chartFolder } from './chart-files.js';
import { release } from './render-chart.js';

/** What Helm prints after an installation with values of a file, and with others of the form `router.replicas=1`. */
export async function installationNotes(valuesFile: string, set: readonly string[] = []): Promise<string> {
  const { helm } = await helmBinaries();
  const { name, namespace } = release;
  const args = ['install', name, chartFolder, '--namespace', namespace, '--values', valuesFile];
  const text = await mustRun(helm, [
    ...args,
    ...set.flatMap((value) => ['--set', value]),
    '--dry-run=client',
  ]);
  return text.slice(text.indexOf('\nNOTES:\n'));
}

/** The lines of shell that notes tell. */
export function notedCommands(notes: string): string[] {
  return [...notes.matchAll(/^ {5}(\S.*)$/gm)].map(([, line]) => line!);
}
