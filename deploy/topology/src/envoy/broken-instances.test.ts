import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MeshContext, MeshError, statusTable } from '@osum/mesh';
import {
  languageDecoderDefinition,
  speechEncoderDefinition,
  speechUnderstandingDefinition,
} from '@osum/proto';
import type { FakeStage } from '../testing/fake-stage.js';
import { type Fronted, startFronted } from '../testing/fronted.js';
import { failureOf, messagesOf } from '../testing/outcome.js';

let fronted: Fronted;
beforeEach(async () => {
  fronted = await startFronted();
});
afterEach(() => fronted?.end());

/** Breaks all connections of the first instance that a call reaches. */
function breakOnce(): (call: string, context: MeshContext, stage: FakeStage) => Promise<void> {
  let broken = false;
  return async (_call, { signal }, { server }) => {
    if (broken) return;
    broken = true;
    server.abort();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
}

async function* noMessages(): AsyncGenerator<never> {}

test('an idempotent call whose instance dies before it answers is answered by the other', async () => {
  fronted.behaviour.before = breakOnce();
  await fronted.channels.client(speechUnderstandingDefinition, fronted.door).interpret({});
  assert.deepEqual(fronted.reached('Interpret'), [1, 1]);
});

test('a call that is not idempotent and whose instance dies is not repeated, but told as unreachable', async () => {
  fronted.behaviour.before = breakOnce();
  const { kind, details } = await failureOf(
    fronted.channels.client(speechEncoderDefinition, fronted.mesh).encode(noMessages()),
  );
  assert.equal(kind, 'stageUnreachable');
  assert.match(details, /Try again; .*\(Envoy: UC encoder\)/);
  assert.deepEqual(fronted.reached('Encode').sort(), [0, 1]);
});

test('an instance that dies after its first message is told as unreachable, so that the router can begin again', async () => {
  fronted.behaviour.after = breakOnce();
  const generate = () => fronted.channels.client(languageDecoderDefinition, fronted.mesh).generate({});
  const { kind, code, retryElsewhere } = await failureOf(generate());
  assert.deepEqual(
    { kind, code, retryElsewhere },
    { kind: 'stageUnreachable', code: statusTable.stageUnreachable.code, retryElsewhere: true },
  );
  assert.equal((await messagesOf(generate())).length, 2);
});

test('calls after a death reach the instance that is left, while health has not noticed yet', async () => {
  fronted.stages[0].server.abort();
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  for (let call = 0; call < 20; call++) await messagesOf(client.encode(noMessages()));
  assert.deepEqual(fronted.reached('Encode'), [0, 20]);
});

test('a dead instance, the least busy of all, takes no call away from one that has many', async () => {
  const [dead, busy] = fronted.stages;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  fronted.behaviour.before = () => held;
  dead.server.abort();
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  const calls = Array.from({ length: 200 }, () => messagesOf(client.encode(noMessages())));
  for (const until = Date.now() + 10_000; busy.calls.length < calls.length; await sleep(20)) {
    assert.ok(
      Date.now() < until,
      `${busy.calls.length} of ${calls.length} calls reached the instance that is left`,
    );
  }
  release();
  await Promise.all(calls);
});

test('with no instance left a call is refused at once, and /clusters says why', async () => {
  for (const { server } of fronted.stages) server.abort();
  await fronted.untilHealthy(0);
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  // Envoy's worker learns of health a moment after /clusters shows it.
  let failure = await failureOf(client.encode(noMessages()));
  while (failure.details.includes('UF')) failure = await failureOf(client.encode(noMessages()));
  assert.equal(failure.kind, 'stageUnreachable');
  assert.match(failure.details, /\(Envoy: UH encoder\)/);
  const flags = (await fronted.envoy.admin.hosts()).map(({ healthFlags }) => healthFlags);
  assert.ok(
    flags.every((flag) => flag.includes('/failed_active_hc')),
    flags.join(' '),
  );
  // Without the panic threshold of 0, Envoy would have sent the call to an instance that it knows to be down.
  assert.equal(await fronted.envoy.admin.stat('cluster.encoder.lb_healthy_panic'), 0);
});

test('an instance that says that it does not serve gets no call, though it would answer', async () => {
  const [first] = fronted.stages;
  first.server.health.set('osum.v1.SpeechEncoder', false);
  const encoderFlags = async () =>
    (await fronted.envoy.admin.hosts()).find(
      ({ cluster, address }) => cluster === 'encoder' && address === first.address,
    )?.healthFlags;
  while ((await encoderFlags()) === 'healthy') await sleep(50);
  assert.equal(await encoderFlags(), '/failed_active_hc');
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  for (let call = 0; call < 10; call++) await messagesOf(client.encode(noMessages()));
  assert.deepEqual(fronted.reached('Encode'), [0, 10]);
});

test('an instance that refuses everything, though it says that it serves, is ejected for a while', async () => {
  const [first] = fronted.stages;
  fronted.behaviour.before = (_call, _context, stage) => {
    if (stage === first) throw new MeshError('deviceLost', 'the device does not answer');
  };
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  const flags = async () =>
    (await fronted.envoy.admin.hosts()).find(
      ({ cluster, address }) => cluster === 'encoder' && address === first.address,
    )?.healthFlags;
  for (const until = Date.now() + 10_000; (await flags()) === 'healthy'; ) {
    assert.ok(Date.now() < until, 'it was not ejected in 10 s');
    await messagesOf(client.encode(noMessages())).catch(() => {});
  }
  assert.equal(await flags(), '/failed_outlier_check');
  // Envoy's worker learns of it a moment after /clusters shows it.
  await sleep(500);
  const [refused] = fronted.reached('Encode');
  for (let call = 0; call < 10; call++) await messagesOf(client.encode(noMessages()));
  assert.equal(fronted.reached('Encode')[0], refused);
});

test('INTERNAL, which may be the fault of one request, ejects nobody', async () => {
  const client = fronted.channels.client(speechEncoderDefinition, fronted.mesh);
  fronted.behaviour.before = () => {
    throw new MeshError('internal', 'this request cannot be answered');
  };
  for (let call = 0; call < 20; call++)
    assert.equal((await failureOf(client.encode(noMessages()))).kind, 'internal');
  const flags = (await fronted.envoy.admin.hosts()).map(({ healthFlags }) => healthFlags);
  assert.deepEqual(new Set(flags), new Set(['healthy']));
});
