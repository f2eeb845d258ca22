import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartCases, chartFolder } from './chart/chart-files.js';
import { helmBinaries } from './tools/helm-binaries.js';
import { runTool } from './tools/run-tool.js';

for (const { name, valuesFile } of chartCases) {
  test(`helm lint --strict has no complaint about ${name}`, async () => {
    const { helm } = await helmBinaries();
    const { status, stdout, stderr } = await runTool(helm, [
      'lint',
      '--strict',
      '--quiet',
      chartFolder,
      '--values',
      valuesFile,
    ]);
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
}
