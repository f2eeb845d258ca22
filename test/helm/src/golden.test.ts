import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { chartCases, goldenFolder } from './chart/chart-files.js';
import { goldenTexts } from './chart/golden-text.js';

test('every case renders what ci/rendered holds; `npm run update -w @osum/helm-tests` writes it', async () => {
  for (const [name, text] of await goldenTexts()) {
    const { goldenFile } = chartCases.find((one) => one.name === name)!;
    assert.equal(
      text,
      await readFile(goldenFile, 'utf8'),
      `${name} renders something else than ${goldenFile}`,
    );
  }
});

test('ci/rendered holds nothing else', () => {
  assert.deepEqual(
    readdirSync(goldenFolder).sort(),
    chartCases.map(({ name }) => `${name}.yaml`),
  );
});
