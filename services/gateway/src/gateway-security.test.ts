import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { type Channels, createChannels, createTelemetry, MeshError, openStageSecurity } from '@osum/mesh';
import { createMeshAuthority, type MeshAuthority, refusedWith } from '@osum/mesh/testing';
import { riva, rivaCommon, serviceDefinition } from '@osum/proto';
import { Metadata } from 'nice-grpc-common';
import type { RunningGateway } from './serve-gateway.js';
import { type FakeRouter, startFakeRouter, twoUtterances } from './testing/fake-router.js';
import { recording } from './testing/openai-client.js';
import { startGateway } from './testing/start-gateway.js';

const gatewayId = 'spiffe://mesh.example/gateway';
const routerId = 'spiffe://mesh.example/router';
const proxyId = 'spiffe://mesh.example/proxy';
const telemetry = createTelemetry({ name: 'test', logLevel: 'silent' });

let ours: MeshAuthority;
let router: FakeRouter;
let gateway: RunningGateway;
let channels: Channels;
let proxy: { cert: string; key: string };

before(async () => {
  ours = await createMeshAuthority();
  const routerTls = await ours.issue('router', { spiffeId: routerId }, { tlsPeers: [gatewayId] });
  router = await startFakeRouter((await openStageSecurity(routerTls, telemetry)).server);
  const options = { tlsPeers: [proxyId], tlsServers: [routerId], reloadSeconds: 0.02 };
  const gatewayTls = await ours.issue('gateway', { spiffeId: gatewayId, hosts: ['localhost'] }, options);
  gateway = await startGateway(router.address, gatewayTls);
  const issued = await ours.authority.issue({ spiffeId: proxyId });
  proxy = { cert: issued.certificate, key: issued.privateKey };
  const trusted = Buffer.from(ours.authority.certificate);
  channels = createChannels({ telemetry, credentials: ChannelCredentials.createSsl(trusted) });
});
after(async () => {
  channels.close();
  await gateway.drain();
  router.close();
  await ours.remove();
});

interface HttpsAnswer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  /** Serial number of the certificate that the door showed. */
  readonly serial: string;
}

const boundary = 'part';
const form = Buffer.concat([
  Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`),
  recording,
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);

/** Posts a recording to the HTTPS door. */
function transcribe(headers: Record<string, string>, shown: object = {}): Promise<HttpsAnswer> {
  const [, port] = gateway.httpAddress.split(':');
  const options = {
    host: 'localhost',
    port,
    path: '/v1/audio/transcriptions',
    method: 'POST',
    ca: ours.authority.certificate,
    agent: false as const,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...headers },
    ...shown,
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        const body = Buffer.concat(pieces).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, serial });
      });
    });
    sent.on('error', reject).end(form);
  });
}

/** Asks the Riva door about a recording. */
async function recognize(headers: Record<string, string>) {
  const client = channels.client(
    serviceDefinition(riva.RivaSpeechRecognition),
    gateway.address.replace(/.*:/, 'localhost:'),
  );
  const config = {
    encoding: rivaCommon.AudioEncoding.LINEAR_PCM,
    sampleRateHertz: 8000,
    languageCode: 'en-US',
  };
  const options = { metadata: Metadata(headers) };
  const { results } = await client.recognize({ config, audio: Buffer.alloc(100) }, options);
  return results.length;
}

test('the HTTPS door passes a key or a token on to the router', async () => {
  const { status, body } = await transcribe({ authorization: 'Bearer osum_key' });
  assert.equal(status, 200, body);
  assert.equal(router.last.context.metadata.get('authorization'), 'Bearer osum_key');
  await transcribe({ 'x-api-key': 'osum_other' });
  assert.equal(router.last.context.metadata.get('x-api-key'), 'osum_other');
  assert.equal(router.last.context.metadata.get('authorization'), undefined);
});

test('the Riva door passes a key or a token on to the router', async () => {
  assert.equal(await recognize({ authorization: 'Bearer osum_key' }), 2);
  assert.equal(router.last.context.metadata.get('authorization'), 'Bearer osum_key');
});

test('who shows nothing is refused at either door, and does not become whoever it names', async () => {
  await transcribe({ authorization: 'Bearer osum_key' });
  const asked = router.last;
  for (const headers of [{}, { 'osum-tenant': 'acme' }]) {
    const { status, body, headers: answered } = await transcribe(headers);
    assert.equal(status, 401, body);
    const { error } = JSON.parse(body);
    assert.equal(error.code, 'invalid_api_key');
    assert.match(error.message, /Expected an API key in x-api-key/);
    assert.equal(answered['www-authenticate'], 'Bearer');
    await refusedWith(recognize(headers), 'unauthenticated', /Expected an API key in x-api-key/);
  }
  assert.equal(router.last, asked, 'the router was asked for a refused call');
});

test('a peer that its certificate proves may name the tenant', async () => {
  const { status, body } = await transcribe({ 'osum-tenant': 'acme' }, proxy);
  assert.equal(status, 200, body);
  assert.equal(router.last.context.tenant, 'acme');
});

test('a certificate of another authority proves nothing', async () => {
  const foreign = await createMeshAuthority('somebody else');
  const { certificate: cert, privateKey: key } = await foreign.authority.issue({ spiffeId: proxyId });
  const { status } = await transcribe({ 'osum-tenant': 'acme' }, { cert, key });
  assert.equal(status, 401);
  await foreign.remove();
});

test("the router's refusal of a key reaches the client as 401", async () => {
  // biome-ignore lint/correctness/useYield: a refusal yields nothing
  router.script = async function* () {
    throw new MeshError('unauthenticated', 'The API key is not known here.');
  };
  const { status, body } = await transcribe({ authorization: 'Bearer osum_wrong' });
  router.script = twoUtterances;
  assert.equal(status, 401);
  assert.deepEqual(JSON.parse(body).error, {
    message: 'The API key is not known here.',
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_api_key',
  });
});

test('both doors take a renewed certificate without a restart', async () => {
  const { serial } = await transcribe({ authorization: 'Bearer osum_key' });
  await ours.issue('gateway', { spiffeId: gatewayId, hosts: ['localhost'] });
  let next = serial;
  for (let i = 0; i < 400 && next === serial; i++) {
    await sleep(25);
    next = (await transcribe({ authorization: 'Bearer osum_key' })).serial;
  }
  assert.notEqual(next, serial);
  assert.equal(await recognize({ authorization: 'Bearer osum_key' }), 2);
});

test('oversize HTTP headers are refused, and the next request is answered', async () => {
  const { status } = await transcribe({ authorization: 'Bearer osum_key', 'x-large': 'a'.repeat(20_000) });
  assert.equal(status, 431);
  assert.equal((await transcribe({ authorization: 'Bearer osum_key' })).status, 200);
});

test('an anonymous tenant is for callers who show nothing, and they cannot name another', async (t) => {
  const options = { tlsServers: [routerId] };
  const tls = await ours.issue('open', { spiffeId: gatewayId, hosts: ['localhost'] }, options);
  const strict = gateway;
  gateway = await startGateway(router.address, { ...tls, anonymousTenant: 'guests' });
  t.after(async () => {
    await gateway.drain();
    gateway = strict;
  });
  assert.equal((await transcribe({})).status, 200);
  assert.equal(router.last.context.tenant, 'guests');
  assert.equal((await transcribe({ 'osum-tenant': 'acme' })).status, 403);
});
