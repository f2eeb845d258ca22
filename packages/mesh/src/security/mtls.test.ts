import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ChannelCredentials } from '@grpc/grpc-js';
import type { IdentityRequest } from '@osum/certificates';
import type { RunningServer } from '../server/server.js';
import { type EchoClient, echoClient, startEchoStage, telemetry } from '../testing/echo-stage.js';
import { createMeshAuthority, type MeshAuthority } from '../testing/mesh-authority.js';
import { refusedWith } from '../testing/refused-with.js';
import { openTls } from './open-tls.js';
import { openStageSecurity } from './stage-security.js';

const encoder = 'spiffe://mesh.example/encoder';
const features = 'spiffe://mesh.example/features';

let ours: MeshAuthority;
let foreign: MeshAuthority;
let server: RunningServer;
let good: EchoClient;

before(async () => {
  ours = await createMeshAuthority();
  foreign = await createMeshAuthority('somebody else');
  const config = await ours.issue('encoder', { spiffeId: encoder }, { tlsPeers: [features] });
  server = await startEchoStage((await openStageSecurity(config, telemetry)).server);
  good = await clientOf('features', { spiffeId: features });
});
after(async () => {
  good.close();
  server.abort();
  await ours.remove();
  await foreign.remove();
});

async function clientOf(name: string, identity: IdentityRequest, servers = [encoder]): Promise<EchoClient> {
  const tls = await openTls(await ours.issue(name, identity, { tlsServers: servers }), telemetry);
  return echoClient(server.address, tls?.channelCredentials);
}

/** A client that trusts our authority and shows what it is given, whether it is valid or not. */
function clientShowing(identity?: { certificate: string; privateKey: string }): EchoClient {
  const key = identity ? Buffer.from(identity.privateKey) : null;
  const chain = identity ? Buffer.from(identity.certificate) : null;
  const anyName = { checkServerIdentity: () => undefined };
  const trusted = Buffer.from(ours.authority.certificate);
  return echoClient(server.address, ChannelCredentials.createSsl(trusted, key, chain, anyName));
}

async function refused(
  client: EchoClient,
  ...as: Parameters<typeof refusedWith> extends [unknown, ...infer Rest] ? Rest : never
) {
  await refusedWith(client.call(), ...as);
  client.close();
  assert.equal(await good.call({ tenant: 'acme' }), 'acme');
}

test('a peer with an accepted identity is served, for the tenant that it names', async () => {
  assert.equal(await good.call({ tenant: 'acme' }), 'acme');
  assert.equal(await good.call(), 'default');
});

test('a caller without a certificate gets no further than the handshake', async () => {
  await refused(clientShowing(), 'stageUnreachable', /certificate required.*both certificates are valid/);
});

test('a certificate of another authority gets no further than the handshake', async () => {
  const identity = await foreign.authority.issue({ spiffeId: features });
  await refused(
    clientShowing(identity),
    'stageUnreachable',
    /cannot be reached.*both certificates are valid/,
  );
});

test('an expired certificate gets no further than the handshake', async () => {
  const identity = await ours.authority.issue({
    spiffeId: features,
    validFrom: new Date(Date.now() - 7_200_000),
    validUntil: new Date(Date.now() - 3_600_000),
  });
  await refused(
    clientShowing(identity),
    'stageUnreachable',
    /cannot be reached.*both certificates are valid/,
  );
});

test('a certificate that is not valid yet gets no further than the handshake', async () => {
  const identity = await ours.authority.issue({
    spiffeId: features,
    validFrom: new Date(Date.now() + 3_600_000),
  });
  await refused(
    clientShowing(identity),
    'stageUnreachable',
    /cannot be reached.*both certificates are valid/,
  );
});

test('plaintext gets no further than the handshake', async () => {
  await refused(echoClient(server.address), 'stageUnreachable', /cannot be reached.*does not expect TLS/);
});

test('an identity that is not accepted is refused, by name', async () => {
  const decoder = 'spiffe://mesh.example/decoder';
  const client = await clientOf('decoder', { spiffeId: decoder });
  await refused(client, 'notAllowed', new RegExp(`^${decoder} is not among the identities that may call`));
});

test('a certificate without an identity, or with a host name only, is nobody', async () => {
  const client = await clientOf('nobody', { hosts: ['features'] });
  await refused(client, 'notAllowed', /has no SPIFFE identity/);
});

test('an accepted identity of another trust domain is another identity', async () => {
  const client = await clientOf('stranger', { spiffeId: 'spiffe://mesh.example.evil/features' });
  await refused(client, 'notAllowed', /evil\/features is not among the identities/);
});

test('the header in which the kit keeps the identity cannot be sent by a caller', async () => {
  const client = await clientOf('forger', { spiffeId: 'spiffe://mesh.example/forger' });
  const headers = { 'osum-internal-peer': features };
  await refusedWith(client.call({ headers }), 'notAllowed', /forger is not among the identities/);
  client.close();
  assert.equal(await good.call({ tenant: 'acme', headers }), 'acme');
});

test('a caller hangs up on a server with another identity than it expects', async () => {
  const client = await clientOf('features', { spiffeId: features }, ['spiffe://mesh.example/adapter']);
  await refused(
    client,
    'stageUnreachable',
    /the server shows the identity spiffe:\/\/mesh.example\/encoder, expected spiffe:\/\/mesh.example\/adapter/,
  );
});

test('a caller that expects a host name hangs up on a certificate without it', async () => {
  const client = await clientOf('features', { spiffeId: features }, []);
  await refused(client, 'stageUnreachable', /does not match certificate's altnames/);
});

test('options that do not go together are refused in words', async () => {
  const config = await ours.issue('half', { spiffeId: features });
  const opened = (change: object) => openStageSecurity({ ...config, ...change }, telemetry);
  await assert.rejects(opened({ tlsKey: undefined }), /^Error: --tls-cert needs --tls-key$/);
  await assert.rejects(opened({ tlsCa: undefined }), /^Error: --tls-cert needs --tls-ca$/);
  await assert.rejects(opened({ tlsPeers: [] }), /--tls-cert needs --tls-peers/);
  const none = { tlsCert: undefined, tlsKey: undefined, tlsCa: undefined };
  await assert.rejects(
    opened({ ...none, tlsPeers: [features] }),
    /--tls-peers needs --tls-cert and --tls-ca/,
  );
  const other = await ours.issue('other', { spiffeId: features });
  await assert.rejects(
    opened({ tlsKey: other.tlsKey }),
    /other.key is not that of the certificate in .*half.pem/,
  );
  await assert.rejects(opened({ tlsCa: `${ours.folder}/none.pem` }), /cannot read .*none.pem/);
  await assert.rejects(
    opened({ tlsCa: config.tlsKey }),
    /half.key: expected PEM certificates of authorities/,
  );
});
