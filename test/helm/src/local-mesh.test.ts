import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChannels, createTelemetry } from '@osum/mesh';
import { health, serviceDefinition } from '@osum/proto';
import { chartCases } from './chart/chart-files.js';
import { type LocalMesh, osumCommand, startLocalMesh } from './chart/local-mesh.js';
import { type Rendered, render } from './chart/render-chart.js';
import { stageContainers } from './chart/stage-container.js';
import { type StageName, stageNames } from './chart/stage-schemas.js';
import { runTool } from './tools/run-tool.js';

const recording = fileURLToPath(new URL('../../recordings/hold-fast.ogg', import.meta.url));
const { SERVING } = health.HealthCheckResponse_ServingStatus;
const channels = createChannels({ telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }) });

let objects: Rendered[];
let mesh: LocalMesh;
before(async () => {
  const { valuesFile } = chartCases.find(({ name }) => name === 'hpa')!;
  const quiet = stageNames.map((name) => `${name}.config.logLevel=warn`).join();
  objects = await render(['--values', valuesFile, '--set', `podNetworks={127.0.0.0/8},${quiet}`]);
  mesh = await startLocalMesh(stageContainers(objects));
});
after(async () => {
  channels.close();
  assert.deepEqual(
    await mesh.stop(),
    stageNames.map(() => 0),
    'SIGTERM drains every service',
  );
});

test('every service passes the probes that the chart gives its pod', async () => {
  assert.deepEqual(mesh.stages.map(({ container }) => container.name).sort(), [...stageNames].sort());
  for (const { container, port } of mesh.stages) {
    for (const [name, { grpc }] of Object.entries(container.probes)) {
      const client = channels.client(serviceDefinition(health.Health), `127.0.0.1:${port(grpc.port)}`);
      const { status } = await client.check({ service: grpc.service ?? '' });
      assert.equal(status, SERVING, `${name} probe of ${container.name}`);
    }
  }
});

test('the mesh that the chart describes answers: each stage finds the next, and speech finds its session', async () => {
  const { container, port } = mesh.stage('router');
  const address = `127.0.0.1:${port(container.ports.grpc!)}`;
  const [command, main] = osumCommand;
  const args = [main!, 'understand', '--address', address, '--tags', '<asr>', '--json', recording];
  const { status, stdout, stderr } = await runTool(command!, args);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /"transcript":\s*\{\s*"text":\s*"\w/);
});

test('the gateway reaches the router', async () => {
  const { container, port } = mesh.stage('gateway');
  const response = await fetch(`http://127.0.0.1:${port(container.ports.http!)}/v1/models`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /osum-nano/);
});

test('every metric that a pod is scaled on is one that the pod exports', async () => {
  const scaled: StageName[] = [];
  for (const { manifest } of objects.filter((one) => one.manifest.kind === 'HorizontalPodAutoscaler')) {
    const { metrics } = manifest.spec as { metrics: { pods?: { metric: { name: string } } }[] };
    const metric = metrics[0]?.pods?.metric.name;
    if (metric === undefined) continue;
    const name = manifest.metadata.labels?.['app.kubernetes.io/component'] as StageName;
    const { container, port } = mesh.stage(name);
    const response = await fetch(`http://127.0.0.1:${port(container.ports.operations!)}/metrics`);
    assert.match(
      await response.text(),
      new RegExp(`^${metric}(\\{[^}]*\\})? \\d`, 'm'),
      `${name} exports ${metric}`,
    );
    scaled.push(name);
  }
  assert.deepEqual(scaled.sort(), ['adapter', 'decoder', 'encoder', 'features']);
});
