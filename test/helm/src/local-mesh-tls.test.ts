import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { type Authority, createAuthority, type Identity } from '@osum/certificates';
import { createOsumClient } from '@osum/client';
import { createChannels, createTelemetry } from '@osum/mesh';
import { health, serviceDefinition } from '@osum/proto';
import { chartCases } from './chart/chart-files.js';
import { type LocalMesh, startLocalMesh } from './chart/local-mesh.js';
import { release, render } from './chart/render-chart.js';
import { stageContainers } from './chart/stage-container.js';
import { stageNames } from './chart/stage-schemas.js';

const recording = fileURLToPath(new URL('../../recordings/hold-fast.ogg', import.meta.url));
const { SERVING } = health.HealthCheckResponse_ServingStatus;

let authority: Authority;
let mesh: LocalMesh;
before(async () => {
  const { valuesFile } = chartCases.find(({ name }) => name === 'tls')!;
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

function identity(namespace: string, account: string): Promise<Identity> {
  return authority.issue({ spiffeId: `spiffe://mesh.example/ns/${namespace}/sa/${account}` });
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
