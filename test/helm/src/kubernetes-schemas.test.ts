import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chartCases } from './chart/chart-files.js';
import { render } from './chart/render-chart.js';
import { customResources } from './tools/custom-resources.js';
import { kubernetesValidate } from './tools/kubernetes-validate.js';

// The oldest that Chart.yaml admits, and the newest whose schemas are installed.
const versions = ['1.30', '1.37'];
// Kinds that Kubernetes does not define itself are held against the schemas of their projects by custom-resources.test.
const ownSchemas = new Set(customResources.map(({ apiVersion }) => apiVersion));
// Fields of the case that are newer than the oldest version.
const since: Record<string, string> = { 'model-image-volume': '1.37' };

let folder: string;
const files = new Map<string, string>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-chart-'));
  for (const { name, valuesFile } of chartCases) {
    const objects = await render(['--values', valuesFile]);
    const own = objects.filter(({ manifest }) => !ownSchemas.has(manifest.apiVersion));
    assert.ok(own.length > 0, `${name} renders nothing`);
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, own.map(({ text }) => `---\n${text}`).join(''));
    files.set(name, file);
  }
});
after(() => rm(folder, { recursive: true }));

for (const version of versions) {
  test(`every object of every case fits the schemas of Kubernetes ${version}, strictly`, async () => {
    const chosen = [...files].filter(([name]) => (since[name] ?? version) <= version);
    const { status, stdout, stderr } = await kubernetesValidate(
      version,
      chosen.map(([, file]) => file),
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    // A kind without a schema is only warned of.
    assert.doesNotMatch(`${stdout}${stderr}`, /WARN/);
    assert.equal(`${stdout}${stderr}`.match(/^INFO .* passed/gm)?.length, await objectsIn(chosen));
  });
}

async function objectsIn(chosen: readonly (readonly [string, string])[]): Promise<number> {
  const texts = await Promise.all(chosen.map(([, file]) => readFile(file, 'utf8')));
  return texts.join('').match(/^kind: /gm)?.length ?? 0;
}

test('a misspelt field, which helm lint lets pass, does not fit', async () => {
  const { valuesFile } = chartCases.find(({ name }) => name === 'default')!;
  const objects = await render(['--values', valuesFile]);
  const { text } = objects.find(({ manifest }) => manifest.kind === 'Deployment')!;
  const file = join(folder, 'misspelt.yaml');
  await writeFile(file, text.replace('replicas:', 'replicaz:'));
  const { status, stdout, stderr } = await kubernetesValidate('1.37', [file]);
  assert.notEqual(status, 0);
  assert.match(`${stdout}${stderr}`, /replicaz/);
});
