import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartCases, chartFolder } from './chart/chart-files.js';
import { release, render } from './chart/render-chart.js';
import { helmBinaries } from './tools/helm-binaries.js';
import { mustRun } from './tools/run-tool.js';

/** What Helm prints after an installation. */
async function notes(valuesFile: string): Promise<string> {
  const { helm } = await helmBinaries();
  const { name, namespace } = release;
  const args = ['install', name, chartFolder, '--namespace', namespace, '--values', valuesFile];
  const text = await mustRun(helm, [...args, '--dry-run=client']);
  return text.slice(text.indexOf('\nNOTES:\n'));
}

for (const { name, valuesFile } of chartCases) {
  test(`the notes of ${name} tell commands for services that the release has`, async () => {
    const text = await notes(valuesFile);
    assert.match(text, /kubectl --namespace speech rollout status deployment --selector /);
    const rendered = await render(['--values', valuesFile]);
    const services = rendered
      .filter(({ manifest }) => manifest.kind === 'Service')
      .map(({ manifest }) => manifest.metadata.name);
    const steps = text.slice(text.indexOf('1. Wait'));
    const named = [...steps.matchAll(/service\/(\S+)|dns:\/\/\/([^.\s]+)\.speech:/g)].map(
      ([, one, other]) => one ?? other!,
    );
    assert.ok(named.length > 0, text);
    for (const service of named) assert.ok(services.includes(service), `${service} in\n${text}`);
  });
}

test('the notes of a whole mesh tell how to ask it; those of stages alone, where a caller finds them', async () => {
  const files = new Map(chartCases.map(({ name, valuesFile }) => [name, valuesFile]));
  const whole = await notes(files.get('gateway')!);
  assert.match(whole, /port-forward service\/osum-osum-mesh-router 50051/);
  assert.match(whole, /npx osum understand --address 127\.0\.0\.1:50051 /);
  assert.match(whole, /curl .*http:\/\/127\.0\.0\.1:8080\/v1\/audio\/transcriptions/);
  const alone = await notes(files.get('stage-alone')!);
  assert.match(alone, /encoder: dns:\/\/\/osum-osum-mesh-encoder-pods\.speech:7002/);
  assert.doesNotMatch(alone, /osum understand/);
});
