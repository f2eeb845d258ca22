import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ChannelCredentials } from '@grpc/grpc-js';
import { type Channels, createChannels, f32Tensor, openTls, type TlsConfig } from '@osum/mesh';
import { createMeshAuthority, type MeshAuthority, refusedWith } from '@osum/mesh/testing';
import { type AttachTarget, AudioEncoding, speechUnderstandingDefinition } from '@osum/proto';
import { routerConfigSchema, serveRouter } from '@osum/router';
import type { RunningService } from '@osum/stage';
import { Metadata } from 'nice-grpc-common';
import { adapt, attach, chirp, encode, extract, generateStream, type Options } from './calls.js';
import { type Chain, startChain } from './chain-fixture.js';
import { assertStillGood, rememberGood } from './good-request.js';

const services = ['features', 'encoder', 'adapter', 'decoder', 'router'] as const;
type Service = (typeof services)[number];
const id = (service: Service) => `spiffe://mesh.example/${service}`;

/** Who calls whom, and nobody else does. */
const callersOf: Record<Service, readonly Service[]> = {
  features: ['router'],
  encoder: ['features'],
  adapter: ['encoder'],
  decoder: ['router', 'adapter'],
  router: [],
};
const calledBy = (service: Service) => services.filter((other) => callersOf[other].includes(service));

const keys = { acme: 'osum_key-of-acme', guests: 'osum_key-of-guests' };

let ours: MeshAuthority;
let tls: Record<Service, TlsConfig>;
let chain: Chain;
let router: RunningService;
let outside: Channels;
const inside = {} as Record<Service, Channels>;
const closers: (() => void)[] = [];

before(async () => {
  ours = await createMeshAuthority();
  const issued = services.map(async (service) => {
    const options = { tlsPeers: callersOf[service].map(id), tlsServers: calledBy(service).map(id) };
    return [service, await ours.issue(service, { spiffeId: id(service) }, options)] as const;
  });
  tls = Object.fromEntries(await Promise.all(issued)) as typeof tls;
  chain = await startChain(tls);
  for (const service of services) {
    const opened = await openTls({ ...tls[service], tlsServers: services.map(id) }, chain.telemetry);
    inside[service] = createChannels({
      telemetry: chain.telemetry,
      credentials: opened?.channelCredentials,
    });
    closers.push(() => inside[service].close());
  }
  const door = await ours.issue('door', { hosts: ['127.0.0.1'] });
  const config = routerConfigSchema.parse({
    ...tls.router,
    package: chain.tiny.directory,
    features: [chain.features.address],
    decoders: [chain.decoder.address],
    tenants: await tenantsFile(),
    doorCert: door.tlsCert,
    doorKey: door.tlsKey,
  });
  router = await serveRouter(config, { telemetry: chain.telemetry });
  await router.ready;
  const credentials = ChannelCredentials.createSsl(Buffer.from(ours.authority.certificate));
  outside = createChannels({ telemetry: chain.telemetry, credentials });
  closers.push(() => outside.close());
  await rememberGood(as('router'));
});
after(async () => {
  for (const close of closers) close();
  await router.drain();
  await chain.close();
  await ours.remove();
});

async function tenantsFile(): Promise<string> {
  const tenants = Object.entries(keys).map(([tenant, key]) => {
    const sha256 = createHash('sha256').update(key).digest('hex');
    return [tenant, { keys: [{ id: tenant, sha256 }] }];
  });
  const path = join(ours.folder, 'tenants.json');
  await writeFile(path, JSON.stringify({ tenants: Object.fromEntries(tenants) }));
  return path;
}

const memory = new Map<Service, Chain>();

/** The stages as one of the mesh's services sees them. */
function as(service: Service): Chain {
  const seen = memory.get(service) ?? { ...chain, channels: inside[service] };
  memory.set(service, seen);
  return seen;
}

/** Asks the router about a second of sound; resolves to the text of the answer. */
async function understood(headers: Record<string, string>): Promise<string> {
  const client = outside.client(speechUnderstandingDefinition, router.address);
  const pcm = chirp(1);
  const format = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: 16_000 };
  const config = { wish: { case: 'tags' as const, value: '<asr>' }, format, generation: { maxNewTokens: 8 } };
  async function* requests() {
    yield { request: { case: 'config' as const, value: config } };
    yield { request: { case: 'audio' as const, value: new Uint8Array(pcm.buffer) } };
  }
  const options = { metadata: Metadata(headers), timeoutMs: 30_000 };
  let text: string | undefined;
  for await (const { response } of client.understand(requests(), options)) {
    if (response.case === 'result') text = response.value.result?.transcript?.text;
  }
  assert.ok(text !== undefined);
  return text;
}

const speech = () => f32Tensor('speech', [5, 128], new Float32Array(5 * 128));

/** Opens a session of a tenant; `over` settles with it. */
async function openSession(tenant: string): Promise<{ target: AttachTarget; over: Promise<void> }> {
  const options: Options = { tenant };
  const responses = generateStream(as('router'), [{ maxNewTokens: 3 }], 30, options)[Symbol.asyncIterator]();
  const first = await responses.next();
  assert.ok(!first.done && first.value.response.case === 'admitted');
  const over = (async () => {
    while (!(await responses.next()).done);
  })();
  over.catch(() => {});
  return { target: first.value.response.value.attach!, over };
}

test('an utterance passes all stages over mTLS, for whoever has a key', async () => {
  const answers = [];
  for (const key of Object.values(keys)) answers.push(await understood({ authorization: `Bearer ${key}` }));
  assert.equal(answers[0], answers[1]);
  await assertStillGood(as('router'));
});

test('the door refuses a caller without a key, and one that names another tenant', async () => {
  await refusedWith(understood({}), 'unauthenticated', /Expected an API key/);
  const forged = { authorization: `Bearer ${keys.guests}`, 'osum-tenant': 'acme' };
  await refusedWith(understood(forged), 'notAllowed', /of the tenant "guests"/);
  await understood({ authorization: `Bearer ${keys.guests}` });
});

const features = () => f32Tensor('features', [100, 80], new Float32Array(8000));
const hidden = () => f32Tensor('hidden', [50, 128], new Float32Array(6400));
const calls: Record<Exclude<Service, 'router'>, (seen: Chain) => Promise<unknown>> = {
  features: (seen) => extract(seen, chirp(0.5)),
  encoder: (seen) => encode(seen, features()),
  adapter: (seen) => adapt(seen, hidden()),
  decoder: async (seen) => {
    for await (const _ of generateStream(seen, [{ maxNewTokens: 3 }], 10, { timeoutMs: 1000 })) return;
  },
};

for (const [stage, call] of Object.entries(calls) as [keyof typeof calls, (typeof calls)['features']][]) {
  test(`the ${stage} stage takes calls from ${callersOf[stage].join(' and ')} only`, async () => {
    for (const caller of services) {
      if (callersOf[stage].includes(caller)) await call(as(caller));
      else
        await refusedWith(
          call(as(caller)),
          'notAllowed',
          new RegExp(`${id(caller)} is not among the identities`),
        );
    }
    await assertStillGood(as('router'));
  });
}

test("a peer that brings another tenant's session, with its id and its secret, is refused", async () => {
  const { target, over } = await openSession('acme');
  const foreign = attach(as('adapter'), target, speech(), { tenant: 'guests' });
  await refusedWith(foreign, 'unknownSession', /The tenant has no session of this id and token here/);
  await attach(as('adapter'), target, speech(), { tenant: 'acme' });
  await over;
  await assertStillGood(as('router'));
});

test('whoever has stolen an id and a secret, and is no stage, is refused before they are looked at', async () => {
  const { target, over } = await openSession('acme');
  const thief = attach(as('features'), target, speech(), { tenant: 'acme' });
  await refusedWith(thief, 'notAllowed', /features is not among the identities/);
  await attach(as('adapter'), target, speech(), { tenant: 'acme' });
  await over;
});
