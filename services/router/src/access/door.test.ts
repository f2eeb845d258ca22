import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ChannelCredentials } from '@grpc/grpc-js';
import { createChannels } from '@osum/mesh';
import { createMeshAuthority, type MeshAuthority, refusedWith } from '@osum/mesh/testing';
import { speechUnderstandingDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import { type FakeMesh, startFakeMesh } from '../testing/fake-mesh.js';

const proxy = 'spiffe://mesh.example/proxy';

let ours: MeshAuthority;
let door: { doorCert: string | undefined; doorKey: string | undefined };
let mesh: FakeMesh;

before(async () => {
  ours = await createMeshAuthority();
  const { tlsCert, tlsKey, tlsCa } = await ours.issue('door', { hosts: ['127.0.0.1'] });
  door = { doorCert: tlsCert, doorKey: tlsKey };
  mesh = await startFakeMesh({ ...door, tlsCa, tlsPeers: [proxy] });
});
after(async () => {
  await mesh.close();
  await ours.remove();
});

/** Interprets an instruction over TLS; resolves to the tenant that the decoder worked for. */
async function tenantSeen(
  headers: Record<string, string>,
  shown?: { certificate: string; privateKey: string },
): Promise<string> {
  const trusted = Buffer.from(ours.authority.certificate);
  const key = shown ? Buffer.from(shown.privateKey) : null;
  const chain = shown ? Buffer.from(shown.certificate) : null;
  const credentials = ChannelCredentials.createSsl(trusted, key, chain);
  const channels = createChannels({ telemetry: mesh.telemetry, credentials });
  const client = channels.client(speechUnderstandingDefinition, mesh.address);
  // Each asks for something new, for a plan that is remembered needs no decoder.
  const instruction = `words ${Math.random()}`;
  try {
    await client.interpret({ instruction }, { metadata: Metadata(headers) });
  } finally {
    channels.close();
  }
  const call = mesh.decoderCalls().find(({ passes }) => passes[0]?.instruction.includes(instruction));
  assert.ok(call !== undefined);
  return call.tenant;
}

test('a peer is believed who it calls for', async () => {
  const identity = await ours.authority.issue({ spiffeId: proxy });
  assert.equal(await tenantSeen({ 'osum-tenant': 'acme' }, identity), 'acme');
  assert.equal(await tenantSeen({}, identity), 'default');
});

test('a certificate that proves nothing, or that somebody else is, is as good as none', async () => {
  const headers = { 'osum-tenant': 'acme' };
  await refusedWith(
    tenantSeen(headers),
    'unauthenticated',
    /^Expected a client certificate of a peer; got none/,
  );
  const other = await ours.authority.issue({ spiffeId: 'spiffe://mesh.example/encoder' });
  await refusedWith(
    tenantSeen(headers, other),
    'unauthenticated',
    /^Expected a client certificate of a peer; got a client certificate of somebody else/,
  );
  const foreign = await createMeshAuthority('somebody else');
  const forged = await foreign.authority.issue({ spiffeId: proxy });
  await refusedWith(tenantSeen(headers, forged), 'unauthenticated', /got none/);
  await foreign.remove();
  assert.equal(await tenantSeen(headers, await ours.authority.issue({ spiffeId: proxy })), 'acme');
});

test('a door with TLS that lets nobody in does not start', async () => {
  const started = async () => (await startFakeMesh(door)).close();
  await assert.rejects(started(), /^Error: with TLS, say who may call: --tenants .* or --anonymous-tenant/);
});
