import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { createAuthority, writeAuthority, writeIdentity } from '@osum/certificates';
import { health, reflectionV1, SpeechEncoder, serviceDefinition } from '@osum/proto';
import type { RunningServer } from '../server/server.js';
import { type EchoClient, echoClient, startEchoStage, telemetry } from '../testing/echo-stage.js';
import { createMeshAuthority, type MeshAuthority } from '../testing/mesh-authority.js';
import { refusedWith } from '../testing/refused-with.js';
import { openTls } from './open-tls.js';
import { openStageSecurity, type Security } from './stage-security.js';
import type { TlsConfig } from './tls-config.js';

const encoder = 'spiffe://mesh.example/encoder';
const features = 'spiffe://mesh.example/features';
const reloadSeconds = 0.02;

let ours: MeshAuthority;
let security: Security;
let server: RunningServer;
let clientConfig: TlsConfig;
const opened: (() => void)[] = [];

before(async () => {
  ours = await createMeshAuthority();
  const config = await ours.issue('encoder', { spiffeId: encoder }, { tlsPeers: [features], reloadSeconds });
  security = await openStageSecurity(config, telemetry);
  server = await startEchoStage({ ...security.server, admin: '127.0.0.1:0' });
  const follows = { tlsServers: [encoder], reloadSeconds };
  clientConfig = await ours.issue('features', { spiffeId: features }, follows);
});
after(async () => {
  for (const close of opened) close();
  security.close();
  server.abort();
  await ours.remove();
});

/** A client that follows the files of `features`. */
async function followingClient(): Promise<EchoClient> {
  const tls = await openTls(clientConfig, telemetry);
  const client = echoClient(server.address, tls?.channelCredentials);
  const close = () => {
    client.close();
    tls?.close();
  };
  opened.push(close);
  return { ...client, close };
}

/** The serial number of the certificate that the server shows to a new connection. */
function shownSerial(): Promise<string> {
  const [host, port] = server.address.split(':') as [string, string];
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host, port: Number(port), rejectUnauthorized: false, servername: 'encoder' },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject).on('close', () => reject(new Error('the server hung up')));
  });
}

async function until(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await sleep(25);
  }
  assert.fail(`${what} did not happen within 10 s`);
}

/** A stream that stays open: sends one message at a time, and reads its answer. */
function liveStream({ client }: EchoClient) {
  const waiting: (() => void)[] = [];
  let ended = false;
  async function* messages() {
    while (!ended) {
      yield { request: { case: 'config' as const, value: {} } };
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  }
  const answers = client.encode(messages(), { tenant: 'acme' })[Symbol.asyncIterator]();
  return {
    async exchange(): Promise<string | undefined> {
      waiting.shift()?.();
      const { value } = await answers.next();
      return value?.response.case === 'report' ? value.response.value.stages[0]?.instance : undefined;
    },
    async end(): Promise<boolean> {
      ended = true;
      waiting.shift()?.();
      return (await answers.next()).done === true;
    },
  };
}

async function servicesOf({ channels, address }: EchoClient): Promise<string[]> {
  const client = channels.client(serviceDefinition(reflectionV1.ServerReflection), address);
  async function* question() {
    yield { messageRequest: { case: 'listServices' as const, value: '' } };
  }
  const names: string[] = [];
  for await (const { messageResponse } of client.serverReflectionInfo(question())) {
    if (messageResponse.case === 'listServicesResponse') {
      names.push(...messageResponse.value.service.map(({ name }) => name));
    }
  }
  return names;
}

async function isServing({ channels, address }: EchoClient): Promise<boolean> {
  const client = channels.client(serviceDefinition(health.Health), address);
  const { status } = await client.check({ service: SpeechEncoder.typeName });
  return status === health.HealthCheckResponse_ServingStatus.SERVING;
}

test('a renewed certificate is shown to new connections, while a stream of before lives on', async () => {
  const client = await followingClient();
  const stream = liveStream(client);
  assert.equal(await stream.exchange(), 'acme');
  const before = await shownSerial();

  await ours.issue('encoder', { spiffeId: encoder });
  await until(async () => (await shownSerial()) !== before, 'the change of the certificate');
  assert.equal(await stream.exchange(), 'acme');

  const newcomer = await followingClient();
  assert.equal(await newcomer.call({ tenant: 'guest' }), 'guest');
  newcomer.close();
  assert.equal(await stream.exchange(), 'acme');
  assert.equal(await stream.end(), true);
  client.close();
});

test('files that do not fit together are passed over until they do', async () => {
  const before = await shownSerial();
  const next = await ours.authority.issue({ spiffeId: encoder });
  await writeFile(`${ours.folder}/encoder.pem`, next.certificate);
  await sleep(200);
  assert.equal(await shownSerial(), before, 'a certificate without its key was taken');
  const client = await followingClient();
  assert.equal(await client.call({ tenant: 'acme' }), 'acme');
  client.close();

  await writeFile(`${ours.folder}/encoder.key`, 'half a k');
  await sleep(200);
  assert.equal(await shownSerial(), before);
  await writeFile(`${ours.folder}/encoder.key`, next.privateKey);
  await until(async () => (await shownSerial()) !== before, 'the change of the certificate');
});

test('an expired certificate is not taken instead of one that is valid', async () => {
  const before = await shownSerial();
  const expired = {
    validFrom: new Date(Date.now() - 7_200_000),
    validUntil: new Date(Date.now() - 3_600_000),
  };
  await ours.issue('encoder', { spiffeId: encoder, ...expired });
  await sleep(200);
  assert.equal(await shownSerial(), before);
  const metrics = await telemetry.registry.metrics();
  assert.match(metrics, /osum_tls_reloads_total\{[^}]*outcome="refused"[^}]*\} [1-9]/);
  await ours.issue('encoder', { spiffeId: encoder });
  await until(async () => (await shownSerial()) !== before, 'the change of the certificate');
});

test('authorities are replaced without a restart, and the old one loses its word', async () => {
  const client = await followingClient();
  const stream = liveStream(client);
  assert.equal(await stream.exchange(), 'acme');
  const oldIdentity = await ours.issue('old', { spiffeId: features }, { tlsServers: [encoder] });
  const oldTls = await openTls(oldIdentity, telemetry);

  const next = await createAuthority('the next one');
  await writeAuthority(ours.folder, 'ca', next.certificate);
  await writeIdentity(ours.folder, 'encoder', await next.issue({ spiffeId: encoder }));
  await writeIdentity(ours.folder, 'features', await next.issue({ spiffeId: features }));
  await until(async () => {
    const newcomer = await followingClient();
    const answer = await newcomer.call({ tenant: 'guest' }).catch(() => undefined);
    newcomer.close();
    return answer === 'guest';
  }, 'a call under the new authority');

  const late = echoClient(server.address, oldTls?.channelCredentials);
  opened.push(late.close);
  await refusedWith(late.call(), 'stageUnreachable', /self-signed certificate|both certificates are valid/);
  late.close();
  assert.equal(await stream.exchange(), 'acme');
  assert.equal(await stream.end(), true);
  client.close();
});

test('an old connection makes way for a new one, and its stream lives on', async (t) => {
  const young = await startEchoStage({ ...security.server, limits: { maxConnectionAgeMs: 150 } });
  const tls = await openTls(clientConfig, telemetry);
  const client = echoClient(young.address, tls?.channelCredentials);
  t.after(() => {
    client.close();
    tls?.close();
    young.abort();
  });
  const stream = liveStream(client);
  assert.equal(await stream.exchange(), 'acme');
  await sleep(500);
  assert.equal(await client.call({ tenant: 'acme', retry: { maxAttempts: 3 } }), 'acme');
  assert.equal(await stream.exchange(), 'acme');
  assert.equal(await stream.end(), true);
});

test('a client shows its renewed certificate to whom it connects next', async (t) => {
  const tls = await openTls(clientConfig, telemetry);
  const client = echoClient(server.address, tls?.channelCredentials);
  const other = await startEchoStage(security.server);
  const late = echoClient(other.address, tls?.channelCredentials);
  t.after(() => {
    client.close();
    late.close();
    tls?.close();
    other.abort();
  });
  assert.equal(await client.call({ tenant: 'acme' }), 'acme');

  const serial = tls?.shown.current.certificate.toString();
  const next = await createAuthority('the next but one');
  await writeAuthority(ours.folder, 'ca', next.certificate);
  await writeIdentity(ours.folder, 'encoder', await next.issue({ spiffeId: encoder }));
  await writeIdentity(ours.folder, 'features', await next.issue({ spiffeId: `${features}-renamed` }));
  await until(() => tls?.shown.current.certificate.toString() !== serial, 'the change of the certificate');
  await refusedWith(late.call(), 'notAllowed', /features-renamed is not among the identities/);

  await writeIdentity(ours.folder, 'features', await next.issue({ spiffeId: features }));
  const again = await followingClient();
  assert.equal(await again.call({ tenant: 'acme' }), 'acme');
  again.close();
});

test('with TLS, reflection is for the admin address, which serves nothing else', async () => {
  const { adminAddress } = server;
  assert.ok(adminAddress);
  server.health.set(SpeechEncoder.typeName, true);
  const admin = echoClient(adminAddress);
  opened.push(admin.close);
  const client = await followingClient();
  assert.deepEqual(await servicesOf(admin), [
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
    'osum.v1.SpeechEncoder',
  ]);
  assert.equal(await isServing(admin), true);
  await assert.rejects(servicesOf(client), /UNIMPLEMENTED/);
  await assert.rejects(admin.call(), /UNIMPLEMENTED/);
  assert.equal(await isServing(client), true);
  admin.close();
  client.close();
});
