import { chartCases, defaultCase } from './chart-files.js';
import { keyOf, type Rendered, render } from './render-chart.js';

/**
 * What each case renders, by its name. The default case has all objects; the others only those that are not the same there, and the
 * names of those that they lack: what a feature changes.
 */
export async function goldenTexts(): Promise<Map<string, string>> {
  const rendered = new Map<string, Rendered[]>();
  for (const { name, valuesFile } of chartCases) rendered.set(name, await render(['--values', valuesFile]));
  const defaults = rendered.get(defaultCase);
  if (defaults === undefined) throw new Error(`there is no case ${defaultCase}`);
  return new Map(
    [...rendered].map(([name, objects]) => [
      name,
      name === defaultCase ? joined(objects) : differences(defaults, objects),
    ]),
  );
}

function differences(defaults: readonly Rendered[], objects: readonly Rendered[]): string {
  const known = new Map(defaults.map(({ manifest, text }) => [keyOf(manifest), text]));
  const present = new Set(objects.map(({ manifest }) => keyOf(manifest)));
  const absent = [...known.keys()].filter((key) => !present.has(key)).map((key) => `# absent: ${key}\n`);
  const changed = objects.filter(({ manifest, text }) => known.get(keyOf(manifest)) !== text);
  return `${absent.join('')}${joined(changed)}`;
}

function joined(objects: readonly Rendered[]): string {
  return objects.map(({ text }) => `---\n${text}`).join('');
}
