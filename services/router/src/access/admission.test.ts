import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteError } from '@osum/mesh';
import { Metadata } from 'nice-grpc-common';
import { failureOf, messagesOf, only, pcm16k, pcmBytes, requestsOf, tone } from '../testing/calls.js';
import { type FakeMesh, startFakeMesh } from '../testing/fake-mesh.js';
import { apiKeyHash, newApiKey } from './api-keys.js';

const tags = { case: 'tags' as const, value: '<asr>' };
const config = { wish: tags, format: pcm16k };
const keys = {
  metered: newApiKey(),
  bursty: newApiKey(),
  narrow: newApiKey(),
  short: newApiKey(),
  free: newApiKey(),
};
type Tenant = keyof typeof keys;

let folder: string;
let mesh: FakeMesh;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osum-admission-'));
  const bounds: Record<Tenant, string> = {
    metered: 'audioSecondsPerHour: 20, burstAudioSeconds: 6',
    bursty: 'audioSecondsPerHour: 20, burstAudioSeconds: 6',
    narrow: 'maxCalls: 2',
    short: 'maxAudioSeconds: 3',
    free: 'maxCalls: 1000',
  };
  const listed = Object.entries(keys).map(
    ([tenant, key]) =>
      `  ${tenant}: { ${bounds[tenant as Tenant]}, keys: [{ id: ${tenant}, sha256: ${apiKeyHash(key)} }] }`,
  );
  const tenants = join(folder, 'tenants.yaml');
  await writeFile(tenants, `tenants:\n${listed.join('\n')}\n`);
  mesh = await startFakeMesh({ tenants, maxPauseMs: 300, maxAudioBytes: 400_000 });
});
after(async () => {
  await mesh.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const decoder of mesh.decoders) decoder.tokenDelayMs = 0;
  await mesh.idle();
  assert.equal(await understood('free', 1), 1);
});

const asTenant = (tenant: Tenant) => ({ metadata: Metadata({ 'x-api-key': keys[tenant] }) });

/** Asks about a recording; resolves to the number of utterances that were answered. */
async function understood(tenant: Tenant, seconds: number): Promise<number> {
  const messages = await messagesOf(mesh.client, config, pcmBytes(tone(seconds)), asTenant(tenant));
  return only(messages, 'result').length;
}

function refusalOf(tenant: Tenant, seconds: number): Promise<RemoteError> {
  return failureOf(understood(tenant, seconds));
}

test('a tenant that has used its quota is refused with the time to wait, and others are not', async () => {
  assert.equal(await understood('metered', 4), 1);
  const during = await refusalOf('metered', 4);
  assert.equal(during.kind, 'quotaExceeded');
  assert.match(during.details, /has used its 20 s of audio an hour \(6 s at once\); try again in/);
  assert.ok(during.pushbackMs! > 0 && during.pushbackMs! <= 1_080_000, String(during.pushbackMs));
  const before = await refusalOf('metered', 1);
  assert.equal(before.kind, 'quotaExceeded');
  assert.deepEqual(before.facts, { audioSecondsPerHour: '20', burstAudioSeconds: '6' });
});

test('what each listed tenant used, and was refused, is counted', async () => {
  const metrics = await mesh.telemetry.registry.metrics();
  assert.match(metrics, /osum_router_tenant_audio_seconds_total\{tenant="metered"\} [4-6]/);
  assert.match(metrics, /osum_router_tenant_refusals_total\{tenant="metered",bound="audio"\} 2/);
});

test('a recording that exceeds what a tenant may use at once is too long, not to be waited for', async () => {
  const error = await refusalOf('bursty', 8);
  assert.equal(error.kind, 'tooLong');
  assert.match(error.details, /6 s/);
});

test('a tenant has as many calls at one time as it may, whoever else has how many', async () => {
  for (const decoder of mesh.decoders) decoder.tokenDelayMs = 100;
  const running = [understood('narrow', 1), understood('narrow', 1)];
  await sleep(50);
  const error = await refusalOf('narrow', 1);
  assert.equal(error.kind, 'tooManyCalls');
  assert.match(error.details, /has 2 calls under way, as many as it may/);
  assert.ok(error.pushbackMs! > 0);
  assert.equal(await understood('free', 1), 1);
  assert.deepEqual(await Promise.all(running), [1, 1]);
  assert.equal(await understood('narrow', 1), 1);
});

test('a call that its caller leaves, or that is refused, gives its place back', async () => {
  for (const decoder of mesh.decoders) decoder.tokenDelayMs = 50;
  for (let i = 0; i < 3; i++) {
    const abort = new AbortController();
    const call = messagesOf(mesh.client, config, pcmBytes(tone(1)), {
      ...asTenant('narrow'),
      signal: abort.signal,
    });
    await sleep(30);
    abort.abort();
    await call.catch(() => {});
    await failureOf(
      messagesOf(
        mesh.client,
        { wish: { case: 'tags', value: '<nothing>' } },
        new Uint8Array(9),
        asTenant('narrow'),
      ),
    );
  }
  await mesh.idle();
  assert.deepEqual(await Promise.all([understood('narrow', 1), understood('narrow', 1)]), [1, 1]);
});

test('interpretations count as calls, and use no audio', async () => {
  const plans = Array.from({ length: 5 }, () =>
    mesh.client.interpret({ instruction: 'words' }, asTenant('short')),
  );
  for (const { plan } of await Promise.all(plans)) assert.equal(plan?.tags, '<asr>');
});

test("a recording longer than its tenant's bound is refused with it", async () => {
  assert.equal(await understood('short', 2), 1);
  const error = await refusalOf('short', 4);
  assert.equal(error.kind, 'tooLong');
  assert.match(error.details, /3 s/);
});

test('more bytes than a call may have are refused, in pieces of any size', async () => {
  const error = await refusalOf('free', 8);
  assert.equal(error.kind, 'tooLong');
  assert.match(error.details, /more than the 400000 bytes that one call may have/);
  assert.equal(error.facts.limitBytes, '400000');
});

async function* withPause(live: boolean, pauseMs: number) {
  const audio = pcmBytes(tone(1));
  const half = audio.length / 2;
  const asked = live ? { ...config, live: {} } : config;
  yield* requestsOf(asked, audio.subarray(0, half));
  await sleep(pauseMs);
  yield { request: { case: 'audio' as const, value: audio.subarray(half) } };
}

test('a recording that stops coming is given up', async () => {
  const read = async () => {
    for await (const _ of mesh.client.understand(withPause(false, 1500), asTenant('free')));
  };
  const error = await failureOf(read());
  assert.equal(error.kind, 'requestStalled');
  assert.match(error.details, /No message came within 300 ms/);
});

test('a live stream may pause', async () => {
  const cases: (string | undefined)[] = [];
  for await (const { response } of mesh.client.understand(withPause(true, 800), asTenant('free')))
    cases.push(response.case);
  assert.equal(cases.at(-1), 'summary');
});
