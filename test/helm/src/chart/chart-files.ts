import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the chart. */
export const chartFolder = fileURLToPath(new URL('../../../../helm/osum-mesh', import.meta.url));
/** The schema of its values. */
export const schemaFile = join(chartFolder, 'values.schema.json');
/** Where what it renders is kept for comparison. */
export const goldenFolder = join(chartFolder, 'ci', 'rendered');

/** One feature of the chart: a values file in `ci/`. */
export interface ChartCase {
  /** `ci/<name>-values.yaml`. */
  readonly name: string;
  readonly valuesFile: string;
  /** What is expected to be rendered, `ci/rendered/<name>.yaml`. */
  readonly goldenFile: string;
}

const suffix = '-values.yaml';

/** All cases, in alphabetical order. */
export const chartCases: readonly ChartCase[] = readdirSync(join(chartFolder, 'ci'))
  .filter((file) => file.endsWith(suffix))
  .sort()
  .map((file) => {
    const name = file.slice(0, -suffix.length);
    return {
      name,
      valuesFile: join(chartFolder, 'ci', file),
      goldenFile: join(goldenFolder, `${name}.yaml`),
    };
  });

/** The case of all defaults, which the golden files of the others are compared with. */
export const defaultCase = 'default';
