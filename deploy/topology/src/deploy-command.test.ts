import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const main = fileURLToPath(new URL('main.js', import.meta.url));
const addresses = [
  ...['--routers', 'r1:7000,r2:7000', '--features', 'f:7001', '--encoders', '10.0.0.1:7002'],
  ...['--adapters', 'a:7003', '--decoders', 'd:7004'],
];

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-deploy-command-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function osumDeploy(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('osum-deploy envoy prints a configuration for the given addresses', () => {
  const { status, stdout } = osumDeploy('envoy', ...addresses, '--stream-idle-ms', '1500');
  assert.equal(status, 0);
  const { static_resources: resources } = parse(stdout);
  const [router, , encoder] = resources.clusters;
  assert.deepEqual(
    router.load_assignment.endpoints[0].lb_endpoints.map(
      ({ endpoint }: { endpoint: { address: { socket_address: object } } }) =>
        endpoint.address.socket_address,
    ),
    [
      { address: 'r1', port_value: 7000 },
      { address: 'r2', port_value: 7000 },
    ],
  );
  assert.equal(router.cluster_type.name, 'envoy.cluster.dns');
  assert.equal(encoder.type, 'STATIC');
  assert.equal(resources.listeners[0].filter_chains[0].filters[0].typed_config.stream_idle_timeout, '1.5s');
});

test('with certificates it writes a file for each of them beside the configuration', async () => {
  const tls = ['--tls-cert', '/c/envoy.pem', '--tls-key', '/c/envoy.key', '--tls-ca', '/c/ca.pem'];
  const peers = [
    '--tls-peers',
    'spiffe://mesh.example/stages/*',
    '--tls-servers',
    'spiffe://mesh.example/stages/*',
  ];
  const { status, stderr } = osumDeploy('envoy', ...addresses, ...tls, ...peers, '--folder', folder);
  assert.equal(status, 0, stderr);
  assert.deepEqual((await readdir(folder)).sort(), [
    'door-certificate.yaml',
    'envoy.yaml',
    'mesh-authorities.yaml',
    'mesh-certificate.yaml',
  ]);
});

test('wrong usage ends with 2 and says what was expected', () => {
  const missing = osumDeploy('envoy', '--routers', 'r1:7000');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /--encoders/);
  const unknown = osumDeploy('envoi');
  assert.equal(unknown.status, 2);
});

test('osum-deploy envoy --help gives each option with its reason', () => {
  const { status, stdout } = osumDeploy('envoy', '--help');
  assert.equal(status, 0);
  assert.match(stdout, /--stream-idle-ms N\n +A byte in either direction starts it again/);
});
