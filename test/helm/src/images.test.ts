import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { chartCases } from './chart/chart-files.js';
import { render } from './chart/render-chart.js';

interface BakeFile {
  readonly variable: { readonly VERSION: { readonly default: string } };
  readonly target: Readonly<Record<string, unknown>>;
}

const bakeFile = new URL('../../../deploy/images/docker-bake.json', import.meta.url);

test('the images that the chart names are those that the build definition makes, at its version', async () => {
  const { variable, target }: BakeFile = JSON.parse(await readFile(bakeFile, 'utf8'));
  const built = Object.keys(target).map((name) => `${name}:${variable.VERSION.default}`);
  const named = new Set<string>();
  for (const { valuesFile } of chartCases.filter(({ name }) => ['default', 'npu'].includes(name))) {
    for (const { text } of await render(['--values', valuesFile])) {
      for (const [, image] of text.matchAll(/^ +image: (\S+)$/gm)) named.add(image!);
    }
  }
  assert.deepEqual([...named].sort(), built.sort());
});
