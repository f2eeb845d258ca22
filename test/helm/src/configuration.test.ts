import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { envFromKey, loadConfig } from '@osum/mesh';

import { chartCases } from './chart/chart-files.js';
import { render } from './chart/render-chart.js';
import { stageContainers } from './chart/stage-container.js';
import { type StageName, stageSchemas } from './chart/stage-schemas.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-chart-config-'));
});
after(() => rm(folder, { recursive: true }));

for (const { name: caseName, valuesFile } of chartCases) {
  test(`the services of ${caseName} take the variables and the file that the chart gives them`, async () => {
    const containers = stageContainers(await render(['--values', valuesFile]));
    for (const { name, args, env, configText } of containers) {
      assert.deepEqual(args, ['serve', name]);
      const file = join(folder, `${caseName}-${name}.yaml`);
      await writeFile(file, configText);
      const outcome = await loadConfig({
        command: `osum serve ${name}`,
        about: '',
        schema: stageSchemas[name],
        argv: [],
        env: { ...env, OSUM_CONFIG: file },
      });
      assert.equal(outcome.type, 'config', `${caseName}, ${name}: ${JSON.stringify(outcome)}`);
      assert.deepEqual(unknownVariables(name, env), [], `${name} does not know these variables`);
    }
  });
}

/** Variables of ours that no key of the service's configuration answers to: a service would pass over them in silence. */
function unknownVariables(name: StageName, env: Readonly<Record<string, string>>): string[] {
  const known = new Set(['OSUM_CONFIG', ...Object.keys(stageSchemas[name].shape).map(envFromKey)]);
  return Object.keys(env).filter((variable) => variable.startsWith('OSUM_') && !known.has(variable));
}
