import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { chartCases, chartFolder } from '../chart/chart-files.js';
import { keyOf, type Manifest, release, render, template } from '../chart/render-chart.js';
import { customResources, definitionFile } from '../tools/custom-resources.js';
import type { ToolResult } from '../tools/run-tool.js';
import { type ApiServer, startApiServer } from './api-server.js';
import { type ClusterTools, clusterTools } from './cluster-tools.js';

const kinds = [
  'deployments',
  'services',
  'configmaps',
  'serviceaccounts',
  'poddisruptionbudgets',
  'networkpolicies',
  'horizontalpodautoscalers',
  'scaledobjects',
  'certificates.cert-manager.io',
].join();
const ours = ['get', kinds, '--selector', `app.kubernetes.io/instance=${release.name}`, '--output', 'name'];

let server: ApiServer;
let tools: ClusterTools;
before(async () => {
  server = await startApiServer();
  tools = await clusterTools(server, release.namespace);
  succeeded(await tools.kubectl(['create', 'namespace', release.namespace]));
  for (const resource of customResources) {
    succeeded(await tools.kubectl(['apply', '--server-side', '--filename', await definitionFile(resource)]));
  }
  succeeded(
    await tools.kubectl([
      'wait',
      '--for=condition=Established',
      '--timeout=60s',
      'customresourcedefinitions',
      '--all',
    ]),
  );
});
after(() => server?.stop());

function succeeded({ status, stdout, stderr }: ToolResult): string {
  assert.equal(status, 0, `${stderr}${stdout}`);
  return stdout;
}

const valuesOf = (name: string) => ['--values', chartCases.find((one) => one.name === name)!.valuesFile];
const apply = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename', '-'];

for (const { name, valuesFile } of chartCases) {
  test(`the API server takes every object of ${name}, in strict validation`, async () => {
    const { stdout } = await template(['--values', valuesFile]);
    succeeded(await tools.kubectl(apply, stdout));
  });
}

test('a release is installed, upgraded, rolled back and removed without a trace', async () => {
  const { name } = release;
  succeeded(await tools.helm(['install', name, chartFolder, ...valuesOf('default')]));
  const installed = await stored();
  assert.deepEqual(installed, await keys('default'));
  assert.equal(await replicas('encoder'), '1');

  succeeded(await tools.helm(['upgrade', name, chartFolder, ...valuesOf('hpa')]));
  assert.deepEqual(await stored(), await keys('hpa'));
  succeeded(await tools.helm(['upgrade', name, chartFolder, ...valuesOf('keda')]));
  assert.deepEqual(await stored(), await keys('keda'), 'HPAs give way to ScaledObjects');

  succeeded(await tools.helm(['rollback', name, '1']));
  assert.deepEqual(await stored(), installed);
  succeeded(await tools.helm(['uninstall', name]));
  assert.deepEqual(await stored(), []);
});

test('an upgrade leaves the size of a stage to its autoscaler', async () => {
  const { name } = release;
  succeeded(await tools.helm(['install', name, chartFolder, ...valuesOf('hpa')]));
  succeeded(await tools.kubectl(['scale', 'deployment', 'osum-osum-mesh-encoder', '--replicas=7']));
  succeeded(
    await tools.helm(['upgrade', name, chartFolder, ...valuesOf('hpa'), '--set', 'preStopSeconds=6']),
  );
  assert.equal(await replicas('encoder'), '7');
  succeeded(await tools.helm(['uninstall', name]));
});

test('an upgrade that the API server refuses leaves what runs as it is', async () => {
  const { name } = release;
  succeeded(await tools.helm(['install', name, chartFolder, ...valuesOf('default')]));
  const wrong = ['--set', 'decoder.resources.requests.cpu=64'];
  const { status, stderr } = await tools.helm([
    'upgrade',
    name,
    chartFolder,
    ...valuesOf('default'),
    ...wrong,
  ]);
  assert.notEqual(status, 0);
  assert.match(stderr, /Invalid value: "64": must be less than or equal to cpu limit of 4/);
  const cpu = '{.spec.template.spec.containers[0].resources.requests.cpu}';
  assert.equal(await field('decoder', cpu), '2');
  succeeded(await tools.helm(['rollback', name, '1']));
  succeeded(await tools.helm(['uninstall', name]));
});

// What neither helm lint nor the schemas see.
const broken: [about: string, caseName: string, key: string, path: string[], value: unknown, says: RegExp][] =
  [
    [
      'an autoscaler with a minimum above its maximum',
      'hpa',
      'HorizontalPodAutoscaler/osum-osum-mesh-encoder',
      ['spec', 'minReplicas'],
      99,
      /spec\.maxReplicas: Invalid value: 12: must be greater than or equal to `minReplicas`/,
    ],
    [
      'a selector that does not choose its own pods',
      'default',
      'Deployment/osum-osum-mesh-encoder',
      ['spec', 'selector', 'matchLabels', 'app.kubernetes.io/component'],
      'decoder',
      /`selector` does not match template `labels`/,
    ],
    [
      'an unknown field',
      'default',
      'Deployment/osum-osum-mesh-encoder',
      ['spec', 'replicaz'],
      1,
      /\.spec\.replicaz: field not declared in schema|unknown field "spec\.replicaz"/,
    ],
    [
      'a port that does not exist',
      'default',
      'Deployment/osum-osum-mesh-encoder',
      ['spec', 'template', 'spec', 'containers', '0', 'livenessProbe', 'grpc', 'port'],
      70_000,
      /livenessProbe\.grpc\.port: Invalid value: 70000: must be between 1 and 65535/,
    ],
    [
      'a ScaledObject of another shape',
      'keda',
      'ScaledObject/osum-osum-mesh-encoder',
      ['spec', 'maxReplicas'],
      3,
      /unknown field "spec\.maxReplicas"|\.spec\.maxReplicas: field not declared in schema/,
    ],
  ];

for (const [about, caseName, key, path, value, says] of broken) {
  test(`the API server refuses ${about}`, async () => {
    const objects = await render(valuesOf(caseName));
    const { manifest } = objects.find((one) => keyOf(one.manifest) === key)!;
    succeeded(await tools.kubectl(apply, stringify(manifest)));
    const { status, stderr } = await tools.kubectl(apply, stringify(changed(manifest, path, value)));
    assert.notEqual(status, 0);
    assert.match(stderr, says);
  });
}

function changed(manifest: Manifest, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(manifest) as Record<string, unknown>;
  let node = copy;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string, unknown>;
  node[path.at(-1)!] = value;
  return copy;
}

/** Keys of the objects of the release that the API server has. */
async function stored(): Promise<string[]> {
  const names = (await tools.read(ours)).split('\n').filter(Boolean);
  return names.map((name) => name.replace(/\..*\//, '/').toLowerCase()).sort();
}

/** Keys of the objects that a case renders. */
async function keys(caseName: string): Promise<string[]> {
  const objects = await render(valuesOf(caseName));
  return objects.map(({ manifest }) => keyOf(manifest).toLowerCase()).sort();
}

function field(stage: string, path: string): Promise<string> {
  return tools.read(['get', 'deployment', `osum-osum-mesh-${stage}`, '--output', `jsonpath=${path}`]);
}

function replicas(stage: string): Promise<string> {
  return field(stage, '{.spec.replicas}');
}
