import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { type Authority, createAuthority, type Identity } from '@osum/certificates';
import { createOsumClient } from '@osum/client';
import { createChannels, createTelemetry } from '@osum/mesh';
import { health, serviceDefinition } from '@osum/proto';
import { chartCases } from './chart/chart-files.js';
import { installationNotes, notedCommands } from './chart/installation-notes.js';
import { type LocalMesh, startLocalMesh } from './chart/local-mesh.js';
import { release, render } from './chart/render-chart.js';
import { stageContainers } from './chart/stage-container.js';
import { stageNames } from './chart/stage-schemas.js';
import { mustRun } from './tools/run-tool.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const recording = join(root, 'test/recordings/hold-fast.ogg');
const { valuesFile } = chartCases.find(({ name }) => name === 'tls')!;
const { SERVING } = health.HealthCheckResponse_ServingStatus;

let authority: Authority;
let mesh: LocalMesh;
before(async () => {
  const quiet = stageNames.map((name) => `${name}.config.logLevel=warn`).join();
  const set = `podNetworks={127.0.0.0/8},${quiet}`;
  const objects = await render(['--values', valuesFile, '--set', set]);
  authority = await createAuthority();
  mesh = await startLocalMesh(stageContainers(objects), async ({ serviceAccount }) => {
    const { certificate, privateKey } = await identity(release.namespace, serviceAccount);
    // The keys that cert-manager writes.
    return {
      '/etc/osum-tls/tls.crt': certificate,
      '/etc/osum-tls/tls.key': privateKey,
      '/etc/osum-tls/ca.crt': authority.certificate,
    };
  });
});
after(() => mesh?.stop());

/** As the chart asks cert-manager for it. */
function identity(namespace: string, account: string): Promise<Identity> {
  const spiffeId = `spiffe://mesh.example/ns/${namespace}/sa/${account}`;
  return authority.issue({ spiffeId, hosts: [`${account}.${namespace}.svc`] });
}

/** A client that shows an identity, and knows the router by the authority alone. */
function clientAs({ certificate, privateKey }: Identity) {
  const { container, port } = mesh.stage('router');
  return createOsumClient({
    address: `127.0.0.1:${port(container.ports.grpc!)}`,
    credentials: credentials.createSsl(
      Buffer.from(authority.certificate),
      Buffer.from(privateKey),
      Buffer.from(certificate),
      { checkServerIdentity: () => undefined },
    ),
  });
}

test('every service passes the probes that the chart gives its pod, which show no certificate', async () => {
  const channels = createChannels({ telemetry: createTelemetry({ name: 'test', logLevel: 'silent' }) });
  for (const { container, port } of mesh.stages) {
    for (const [name, { grpc }] of Object.entries(container.probes)) {
      const client = channels.client(serviceDefinition(health.Health), `127.0.0.1:${port(grpc.port)}`);
      const { status } = await client.check({ service: grpc.service ?? '' });
      assert.equal(status, SERVING, `${name} probe of ${container.name}`);
    }
  }
  channels.close();
});

test('a client of a known identity is answered: each stage takes the next for what it is', async () => {
  const client = clientAs(await identity('backends', 'call-centre'));
  const { utterances } = await client.understand({ audio: recording, tags: '<asr>' });
  assert.match(utterances[0]?.result?.transcript?.text ?? '', /\w/);
  client.close();
});

test('a client of another identity is refused', async () => {
  const client = clientAs(await identity('elsewhere', 'somebody'));
  await assert.rejects(
    client.understand({ audio: recording, tags: '<asr>' }),
    /UNAUTHENTICATED|client certificate/,
  );
  client.close();
});

test("the commands of the chart's notes are answered, over gRPC and over HTTP", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'osum-notes-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const name of ['node_modules', 'test']) await symlink(join(root, name), join(folder, name));
  const caller = await identity('backends', 'call-centre');
  await writeFile(join(folder, 'client.crt'), caller.certificate);
  await writeFile(join(folder, 'client.key'), caller.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'authority'), authority.certificate);
  // All that the cluster does: it knows the secret, and its services stand at ports of this machine.
  const kubectl = 'kubectl() { case "$*" in *"get secret"*) base64 authority ;; esac; }';
  const portOf = (name: 'router' | 'gateway', port: 'grpc' | 'http') => {
    const stage = mesh.stage(name);
    return String(stage.port(stage.container.ports[port]!));
  };
  const commands = notedCommands(await installationNotes(valuesFile))
    .join('\n')
    .replaceAll('50051', portOf('router', 'grpc'))
    .replaceAll('8080', portOf('gateway', 'http'));
  const answers = await mustRun('bash', ['-euo', 'pipefail', '-c', `${kubectl}\n${commands}`], {
    cwd: folder,
    env: { NO_COLOR: '1' },
  });
  assert.match(answers, /transcript +\w[\s\S]*\{"text":"\w/);
});
