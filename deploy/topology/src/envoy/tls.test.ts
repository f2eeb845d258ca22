import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { type Authority, createAuthority, writeAuthority, writeIdentity } from '@osum/certificates';
import { type Channels, createChannels, createTelemetry, openStageSecurity, type Security } from '@osum/mesh';
import { speechEncoderDefinition, speechUnderstandingDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';
import { envoyConfig } from './envoy-config.js';
import { envoyOptionsSchema } from './envoy-options.js';

const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });
const trust = 'spiffe://mesh.example';

let folder: string;
let authority: Authority;
let tlsCa: string;
let fronted: Fronted;
const opened: { close(): void }[] = [];

async function certificate(name: string, of: Authority = authority) {
  const request = { spiffeId: `${trust}/${name}`, hosts: ['127.0.0.1', 'localhost'] };
  return writeIdentity(folder, name.replace('/', '-'), await of.issue(request));
}

/** Security of a service called `name` that takes calls from Envoy, and calls it. */
async function securityOf(name: string, of?: Authority): Promise<Security> {
  const files = await certificate(name, of);
  const security = await openStageSecurity(
    {
      ...{ tlsCert: files.certificate, tlsKey: files.privateKey, tlsCa, reloadSeconds: 1 },
      ...{ tlsPeers: [`${trust}/envoy`], tlsServers: [`${trust}/envoy`] },
    },
    telemetry,
  );
  opened.push(security);
  return security;
}

function channelsWith(credentials: ChannelCredentials | undefined): Channels {
  const channels = createChannels({ telemetry, credentials });
  opened.push(channels);
  return channels;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-envoy-tls-'));
  authority = await createAuthority();
  tlsCa = await writeAuthority(folder, 'ca', authority.certificate);
  const [envoy, door] = [await certificate('envoy'), await certificate('door')];
  fronted = await startFronted(
    {
      ...{ doorCert: door.certificate, doorKey: door.privateKey },
      ...{ tlsCert: envoy.certificate, tlsKey: envoy.privateKey, tlsCa },
      ...{ tlsPeers: [`${trust}/stages/*`], tlsServers: [`${trust}/stages/*`] },
    },
    await securityOf('stages/encoder'),
  );
});
after(async () => {
  await fronted?.end();
  for (const each of opened) each.close();
  await rm(folder, { recursive: true, force: true });
});

async function* noMessages(): AsyncGenerator<never> {}
const isAnswered = (answer: AsyncIterable<unknown>) =>
  messagesOf(answer).then(
    () => true,
    () => false,
  );
const encode = (channels: Channels) =>
  channels.client(speechEncoderDefinition, fronted.mesh).encode(noMessages());

test('a stage with an accepted identity reaches the others through Envoy', async () => {
  assert.equal((await messagesOf(encode(fronted.channels))).length, 2);
});

test('between the stages nobody gets through without a certificate, with a strange one, or with another identity', async () => {
  const anonymous = ChannelCredentials.createSsl(await readFile(tlsCa));
  const stranger = await securityOf('stages/stranger', await createAuthority('another'));
  const visitor = await securityOf('visitor');
  for (const credentials of [undefined, anonymous, stranger.channelCredentials, visitor.channelCredentials]) {
    const { kind } = await failureOf(encode(channelsWith(credentials)));
    assert.equal(kind, 'stageUnreachable');
  }
});

test('the door speaks TLS to callers without a certificate, and takes no tenant from them', async () => {
  let tenant: string | undefined;
  fronted.behaviour.before = (_call, context) => {
    tenant = context.tenant;
  };
  const credentials = ChannelCredentials.createSsl(await readFile(tlsCa));
  const client = channelsWith(credentials).client(speechUnderstandingDefinition, fronted.door);
  await client.describe({}, { metadata: new Metadata({ 'osum-tenant': 'somebody-else' }) });
  assert.equal(tenant, 'default');
  delete fronted.behaviour.before;
});

test('the door speaks no plaintext', async () => {
  const call = channelsWith(undefined).client(speechUnderstandingDefinition, fronted.door).describe({});
  assert.equal((await failureOf(call)).kind, 'stageUnreachable');
});

for (const { listener, name } of [
  { listener: 'door', name: 'door' },
  { listener: 'mesh', name: 'envoy' },
] as const) {
  test(`a certificate that is replaced is shown at the ${listener} without a restart`, async () => {
    const first = await shownAt(fronted[listener]);
    await certificate(name);
    for (const until = Date.now() + 10_000; (await shownAt(fronted[listener])) === first; await sleep(50)) {
      assert.ok(Date.now() < until, `the ${listener} still shows the old certificate after 10 s`);
    }
    assert.equal((await messagesOf(encode(fronted.channels))).length, 2);
  });
}

test('between the stages an authority that is added is trusted without a restart', async () => {
  const another = await createAuthority('another');
  const newcomer = await securityOf('stages/newcomer', another);
  const call = () => encode(channelsWith(newcomer.channelCredentials));
  assert.equal((await failureOf(call())).kind, 'stageUnreachable');
  await writeAuthority(folder, 'ca', `${authority.certificate}\n${another.certificate}`);
  for (const until = Date.now() + 10_000; !(await isAnswered(call())); await sleep(50)) {
    assert.ok(Date.now() < until, 'the authority is still a stranger after 10 s');
  }
});

test('a certificate without what belongs to it is refused with a sentence', () => {
  const one = ['127.0.0.1:1'];
  const options = envoyOptionsSchema.parse({
    ...{ routers: one, features: one, encoders: one, adapters: one, decoders: one },
    ...{ tlsCert: 'a.pem', tlsKey: 'a.key', tlsCa: 'ca.pem', tlsServers: [`${trust}/a`] },
  });
  assert.throws(
    () => envoyConfig(options),
    /^Error: tlsPeers: expected the identities of the services that call others/,
  );
});

/** Serial number of the certificate that a listener shows. */
function shownAt(address: string): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.once('error', reject);
  });
}
