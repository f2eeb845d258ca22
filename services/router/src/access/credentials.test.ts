import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTelemetry, type StatusKind, statusTable } from '@osum/mesh';
import { health, reflectionV1, SpeechUnderstanding, serviceDefinition } from '@osum/proto';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { Metadata } from 'nice-grpc-common';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, tone } from '../testing/calls.js';
import { type FakeMesh, startFakeMesh } from '../testing/fake-mesh.js';
import { createTokenIssuer, type TokenIssuer } from '../testing/token-issuer.js';
import { apiKeyHash, newApiKey } from './api-keys.js';

const acmeKey = newApiKey();
const expiredKey = newApiKey();
const reloadSeconds = 0.02;
const lines: string[] = [];

let folder: string;
let tenants: string;
let issuer: TokenIssuer;
let mesh: FakeMesh;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-access-'));
  tenants = join(folder, 'tenants.yaml');
  await writeTenants([acmeKey]);
  issuer = await createTokenIssuer();
  const telemetry = createTelemetry({
    name: 'router',
    logLevel: 'trace',
    logDestination: { write: (line) => void lines.push(line) },
  });
  mesh = await startFakeMesh({ tenants, ...tokenConfig(), reloadSeconds, reflection: true }, {}, telemetry);
});
after(async () => {
  await mesh.close();
  await issuer.remove();
  await rm(folder, { recursive: true });
});

function tokenConfig() {
  return { jwtKeys: issuer.keys, jwtIssuer: issuer.issuer, jwtAudience: issuer.audience };
}

function writeTenants(keys: readonly string[]): Promise<void> {
  const listed = keys.map((key, i) => `{ id: acme-${i}, sha256: ${apiKeyHash(key)} }`);
  const old = `{ id: acme-old, sha256: ${apiKeyHash(expiredKey)}, expires: 2020-01-31T00:00:00Z }`;
  return writeFile(tenants, `tenants:\n  acme:\n    keys: [${[...listed, old].join(', ')}]\n  guests: {}\n`);
}

/** Asks a recording, and resolves to the tenant that the decoder worked for. */
async function understood(headers: Record<string, string>, of: FakeMesh = mesh): Promise<string> {
  const config = { wish: { case: 'tags' as const, value: '<asr>' }, format: pcm16k };
  const before = of.decoders.map(({ calls }) => calls.length);
  const messages = await messagesOf(of.client, config, pcmBytes(tone(1)), { metadata: Metadata(headers) });
  assert.equal(only(messages, 'result').length, 1);
  const [call, ...more] = of.decoders.flatMap(({ calls }, i) => calls.slice(before[i]));
  assert.ok(call !== undefined && more.length === 0);
  return call.tenant;
}

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

/** A call that is refused before any work, after which a good one is answered. */
async function refused(headers: Record<string, string>, kind: StatusKind, says: RegExp, of: FakeMesh = mesh) {
  const workBefore = of.decoderCalls().length;
  const error = await failureOf(understood(headers, of));
  assert.equal(error.kind, kind, error.message);
  assert.equal(error.code, statusTable[kind].code);
  assert.match(error.details, says);
  assert.equal(of.decoderCalls().length, workBefore, 'a decoder worked for a refused call');
  if (of === mesh) assert.equal(await understood({ 'x-api-key': acmeKey }), 'acme');
}

test('an API key says whose the call is, in either header', async () => {
  assert.equal(await understood({ 'x-api-key': acmeKey }), 'acme');
  assert.equal(await understood(bearer(acmeKey)), 'acme');
  assert.equal(await understood({ 'x-api-key': acmeKey, 'osum-tenant': 'acme' }), 'acme');
});

test('a call without credentials is refused, and told which there are', async () => {
  await refused(
    {},
    'unauthenticated',
    /^Expected an API key in x-api-key, or a token in authorization.*got none/,
  );
  await refused({ 'osum-tenant': 'acme' }, 'unauthenticated', /got none/);
});

test('a key that is not known is refused', async () => {
  await refused({ 'x-api-key': newApiKey() }, 'unauthenticated', /The API key is not known here/);
  await refused({ 'x-api-key': `${acmeKey}x` }, 'unauthenticated', /not known/);
  await refused(bearer(newApiKey()), 'unauthenticated', /not known/);
});

test('an expired key is refused by its name and date', async () => {
  await refused({ 'x-api-key': expiredKey }, 'unauthenticated', /The API key acme-old expired on 2020-01-31/);
});

test('credentials in another form are refused in words', async () => {
  await refused({ authorization: `Basic ${acmeKey}` }, 'unauthenticated', /Expected `authorization: Bearer/);
  await refused({ authorization: 'Bearer' }, 'unauthenticated', /Expected `authorization: Bearer/);
  await refused({ 'x-api-key': acmeKey, ...bearer(acmeKey) }, 'unauthenticated', /either .* got both/);
});

test("a caller cannot name another tenant than its credentials'", async () => {
  const named = { 'osum-tenant': 'guests' };
  await refused({ 'x-api-key': acmeKey, ...named }, 'notAllowed', /The call is of the tenant "acme"/);
  await refused({ ...bearer(await issuer.token('acme')), ...named }, 'notAllowed', /of the tenant "acme"/);
});

test('a token says whose the call is, as often as it is used while it is young', async () => {
  const token = await issuer.token('guests');
  assert.equal(await understood(bearer(token)), 'guests');
  assert.equal(await understood(bearer(token)), 'guests');
});

test('a token for another audience, or of another issuer, is refused', async () => {
  const other = await issuer.token('acme', { aud: 'another-service' });
  await refused(bearer(other), 'unauthenticated', /is not for the audience "osum-mesh"/);
  const foreign = await issuer.token('acme', { iss: 'https://issuer.evil' });
  await refused(bearer(foreign), 'unauthenticated', /is not from the issuer "https:\/\/issuer.example"/);
});

test('a token that has expired, is not valid yet, or was issued too long ago is refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  const expired = await issuer.token('acme', { iat: now - 600, exp: now - 300 });
  await refused(bearer(expired), 'unauthenticated', /it has expired/);
  const early = await issuer.token('acme', { nbf: now + 300 });
  await refused(bearer(early), 'unauthenticated', /its claim "nbf" does not hold/);
  const old = await issuer.token('acme', { iat: now - 7200, exp: now + 86_400 });
  await refused(bearer(old), 'unauthenticated', /was issued more than 3600 s ago/);
});

test('a token without an end, a time of issue, or a tenant is refused', async () => {
  for (const [claim, change] of [
    ['exp', { exp: undefined }],
    ['iat', { iat: undefined }],
    ['tenant', { tenant: undefined }],
  ] as const) {
    const claims = Object.fromEntries(Object.entries(change)) as Record<string, undefined>;
    const token = await issuer.token('acme', claims as never);
    await refused(bearer(token), 'unauthenticated', new RegExp(`it has no claim "${claim}"`));
  }
  for (const tenant of [['acme', 'guests'], '', 'acme\u00e9', 'a'.repeat(200), 7]) {
    const token = await issuer.token('acme', { tenant });
    await refused(bearer(token), 'unauthenticated', /its claim "tenant" is no name of a tenant/);
  }
});

test('a token that is not signed by a key of the issuer is refused', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const forged = await issuer.token('acme', {}, privateKey);
  await refused(bearer(forged), 'unauthenticated', /its signature is not by a key of the issuer/);
  const [header, , signature] = (await issuer.token('guests')).split('.');
  const [, otherClaims] = (await issuer.token('acme')).split('.');
  await refused(bearer(`${header}.${otherClaims}.${signature}`), 'unauthenticated', /its signature is not/);
});

test('a token without a signature, or with one by a shared secret, is refused', async () => {
  const claims = { tenant: 'acme', iss: issuer.issuer, aud: issuer.audience };
  const unsigned = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('5m').encode();
  await refused(bearer(unsigned), 'unauthenticated', /no signed token that can be verified/);
  const secret = new TextEncoder().encode('the public key, taken for a shared secret');
  const shared = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: '1' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(secret);
  await refused(bearer(shared), 'unauthenticated', /no signed token that can be verified/);
  await refused(bearer('rubbish'), 'unauthenticated', /no signed token that can be verified/);
});

test('a tenant that is not listed is refused where others have no bounds', async () => {
  await refused(bearer(await issuer.token('strangers')), 'notAllowed', /"strangers" is not served here/);
});

test('keys are added and revoked without a restart, and a broken file revokes none', async () => {
  const nextKey = newApiKey();
  await writeTenants([acmeKey, nextKey]);
  await until(async () => (await understood({ 'x-api-key': nextKey })) === 'acme');
  await writeFile(tenants, 'tenants: [');
  await sleep(200);
  assert.equal(await understood({ 'x-api-key': nextKey }), 'acme');
  await writeTenants([acmeKey]);
  await until(async () => (await failureOf(understood({ 'x-api-key': nextKey }))).kind === 'unauthenticated');
  assert.equal(await understood({ 'x-api-key': acmeKey }), 'acme');
});

test('keys of the issuer are replaced without a restart', async () => {
  const before = await issuer.token('acme');
  await issuer.rotate();
  const next = await issuer.token('acme');
  await until(async () => (await understood(bearer(next))) === 'acme');
  await refused(bearer(before), 'unauthenticated', /its signature is not by a key of the issuer/);
});

test('health needs no credentials, reflection does', async () => {
  const check = mesh.channels.client(serviceDefinition(health.Health), mesh.address);
  const { status } = await check.check({ service: SpeechUnderstanding.typeName });
  assert.equal(status, health.HealthCheckResponse_ServingStatus.SERVING);
  const client = mesh.channels.client(serviceDefinition(reflectionV1.ServerReflection), mesh.address);
  async function* question() {
    yield { messageRequest: { case: 'listServices' as const, value: '' } };
  }
  const ask = async (headers: Record<string, string>) => {
    for await (const _ of client.serverReflectionInfo(question(), { metadata: Metadata(headers) }));
  };
  assert.equal((await failureOf(ask({}))).kind, 'unauthenticated');
  await ask({ 'x-api-key': acmeKey });
});

test('no key and no token is in the log, at any level', () => {
  assert.ok(lines.some((line) => line.includes('call refused')));
  const log = lines.join('');
  for (const secret of [acmeKey, expiredKey, apiKeyHash(acmeKey), 'eyJ']) {
    assert.ok(!log.includes(secret), `the log holds ${secret}`);
  }
});

test('where tokens count once, a replayed one is refused', async (t) => {
  const single = await startFakeMesh({ ...tokenConfig(), jwtSingleUse: true });
  t.after(() => single.close());
  const token = await issuer.token('acme', { jti: 'one' });
  assert.equal(await understood(bearer(token), single), 'acme');
  await refused(bearer(token), 'unauthenticated', /The token was used before, and counts once/, single);
  assert.equal(await understood(bearer(await issuer.token('acme', { jti: 'two' })), single), 'acme');
  const nameless = await issuer.token('acme');
  await refused(bearer(nameless), 'unauthenticated', /it has no claim "jti"/, single);
});

test('keys that are fetched are fetched when they are needed, and again after a failure', async (t) => {
  let set: object | undefined;
  const server = createServer((_request, response) => {
    response.statusCode = set === undefined ? 503 : 200;
    response.end(JSON.stringify(set));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwtKeys = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const fetching = await startFakeMesh({ ...tokenConfig(), jwtKeys });
  t.after(async () => {
    await fetching.close();
    server.close();
  });
  const token = await issuer.token('acme');
  await refused(bearer(token), 'stageUnreachable', /keys .* cannot be fetched now/, fetching);
  set = JSON.parse(await readFile(issuer.keys, 'utf8')) as object;
  assert.equal(await understood(bearer(token), fetching), 'acme');
});

test('callers without credentials are of the anonymous tenant, if there is one', async (t) => {
  const open = await startFakeMesh({ tenants, anonymousTenant: 'guests', reloadSeconds });
  t.after(() => open.close());
  assert.equal(await understood({}, open), 'guests');
  await refused({ 'osum-tenant': 'acme' }, 'notAllowed', /of the tenant "guests"/, open);
  assert.equal(await understood({ 'x-api-key': acmeKey }, open), 'acme');
});

test('options and files that cannot be used are refused in words', async () => {
  const started = async (config: Parameters<typeof startFakeMesh>[0]) =>
    (await startFakeMesh(config)).close();
  await assert.rejects(
    started({ jwtKeys: issuer.keys }),
    /--jwt-keys, --jwt-issuer and --jwt-audience go together/,
  );
  await assert.rejects(started({ tenants: join(folder, 'none') }), /cannot read the tenants .*none/);
  for (const [text, says] of [
    ['tenants: {acme: {color: red}}', /tenants.acme: .*color/],
    ['tenants: {acme: {audioSecondsPerHour: -1}}', /tenants.acme.audioSecondsPerHour/],
    [
      'tenants: {acme: {keys: [{id: a, sha256: short}]}}',
      /tenants.acme.keys.0.sha256: expected 64 hex digits/,
    ],
    ['tenants: [', /are neither JSON nor YAML/],
  ] as const) {
    const path = join(folder, 'bad.yaml');
    await writeFile(path, text);
    await assert.rejects(started({ tenants: path }), says);
  }
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds().catch(() => false)) return;
    await sleep(25);
  }
  assert.fail('it did not happen within 10 s');
}
