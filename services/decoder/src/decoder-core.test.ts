import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeshError } from '@osum/mesh';
import { SPEECH } from './cache/prompt.js';
import {
  answer,
  assertNothingHeld,
  createCore,
  FOREVER,
  PENALTY,
  pass,
  request,
  TEST_LIMITS,
  text,
} from './testing/core-fixture.js';
import { rowsOf } from './testing/hash-engine.js';
import { expectedTokens, speechOf, tokensOf } from './testing/oracle.js';

const kind = (wanted: string) => (error: unknown) => error instanceof MeshError && error.kind === wanted;

test('hundreds of random concurrent sessions each get the tokens that they would get alone', async () => {
  let state = 1;
  const integer = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const { core, engine } = createCore({ blocks: 40, maxSequences: 10 }, { maxWaiting: 1000 });
  const systems = [text(60, 1), text(150, 2)];
  const userPrompts = [text(40, 3), text(90, 4), text(5, 5), []];
  await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      await sleep(integer(40));
      const speech = integer(10) < 7 ? speechOf(3 + integer(120), integer(200)) : null;
      const system = systems[integer(2)]!;
      const passes = Array.from({ length: 1 + integer(3) }, () => {
        const head = [...system, ...userPrompts[integer(4)]!];
        return pass(
          [...head, ...(speech ? [SPEECH] : []), ...text(1 + integer(9), integer(3))],
          1 + integer(12),
          system.length,
        );
      });
      const bound = speech === null ? 0 : speech.rows + integer(50);
      const tokens = await answer(core, request(passes, bound, `tenant-${i % 3}`), speech);
      assert.deepEqual(
        tokens,
        passes.map((one) => expectedTokens(one, speech, PENALTY)),
      );
    }),
  );
  assert.ok(Math.max(...engine.batches.map((batch) => batch.steps.length)) >= 8, 'steps hold many sequences');
  assert.ok(engine.batches.every((batch) => rowsOf(batch) <= TEST_LIMITS.stepRows));
  await assertNothingHeld({ core, engine });
  assert.ok(core.stats.blocks.idlePrefix > 0, 'system texts are kept');
  await core.close();
});

test('the text before the speech is computed while the speech is on its way', async () => {
  const { core, engine } = createCore();
  const wanted = pass([...text(50), SPEECH, 6], 2);
  const session = await core.admit(request([wanted], 8), FOREVER);
  const computed = () => engine.batches.reduce((sum, batch) => sum + rowsOf(batch), 0);
  while (computed() < 50) await sleep(1);
  assert.equal(computed(), 50);
  const tokens = tokensOf(session.events, 1);
  session.claimAttach();
  session.deliver(speechOf(4, 9));
  assert.deepEqual(await tokens, [expectedTokens(wanted, speechOf(4, 9), PENALTY)]);
  assert.equal(
    rowsOf(engine.batches.find((batch) => rowsOf(batch) === 5)!),
    5,
    'speech and tail go together',
  );
  await core.close();
});

test('a system text is computed once and its partial block is copied for each session', async () => {
  const { core, engine } = createCore();
  const system = text(140, 1);
  for (const user of [20, 21, 22]) {
    const wanted = pass([...system, user], 2, system.length);
    assert.deepEqual(await answer(core, request([wanted])), [expectedTokens(wanted, null, PENALTY)]);
  }
  assert.ok(engine.batches.reduce((sum, batch) => sum + rowsOf(batch), 0) <= 140 + 3 * 2);
  assert.deepEqual(
    engine.batches.flatMap((batch) => batch.copies).map(({ positions }) => positions),
    [12, 12, 12],
  );
  await core.close();
});

test('a kept system text gives way when its blocks are wanted', async () => {
  const { core, engine } = createCore({ blocks: 4 });
  await answer(core, request([pass([...text(100, 1), 3], 2, 100)]));
  assert.equal(core.stats.blocks.idlePrefix, 1);
  const large = pass(text(490, 2), 3);
  assert.deepEqual(await answer(core, request([large])), [expectedTokens(large, null, PENALTY)]);
  assert.equal(core.stats.blocks.idlePrefix, 0);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('passes with the same instruction share the speech; others share what comes before it', async () => {
  const { core, engine } = createCore();
  const same = [...text(20, 1), SPEECH];
  const passes = [pass([...same, 20], 2), pass([...same, 21], 2), pass([...text(10, 1), 9, SPEECH, 20], 2)];
  const speech = speechOf(50, 50);
  const tokens = await answer(core, request(passes, 60), speech);
  assert.deepEqual(
    tokens,
    passes.map((one) => expectedTokens(one, speech, PENALTY)),
  );
  const computed = engine.batches.reduce((sum, batch) => sum + rowsOf(batch), 0);
  assert.ok(computed <= 20 + 50 + 2 + (11 - 10) + 50 + 1 + 3, `${computed} rows were computed`);
  await core.close();
});

test('a long prompt does not stop the tokens of others', async () => {
  const { core, engine } = createCore();
  const endless = pass([1, 2], 200);
  const decoding = answer(core, request([{ ...endless, rule: { ...endless.rule, stopTokens: new Set() } }]));
  while (engine.batches.length < 3) await sleep(0);
  const long = answer(core, request([pass(text(900), 3)]));
  await Promise.all([decoding, long]);
  const mixed = engine.batches.filter(
    ({ steps }) => steps.length === 2 && steps.some(({ result }) => result === 'none'),
  );
  assert.ok(mixed.length >= 5, `chunks and tokens shared ${mixed.length} steps`);
  await core.close();
});

test('a request that can never fit is refused at once, with the limit', async () => {
  const { core, engine } = createCore();
  await assert.rejects(core.admit(request([pass([1, 2], 2047)]), FOREVER), (error: MeshError) => {
    assert.equal(error.kind, 'tooLong');
    assert.match(error.message, /2049 positions of at most 2048/);
    return true;
  });
  const nine = Array.from({ length: 9 }, () => pass([1], 1));
  await assert.rejects(core.admit(request(nine), FOREVER), /9 passes of at most 8/);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('requests wait for blocks in a bounded queue, and what does not fit there is refused with a pushback', async () => {
  const { core, engine } = createCore({ blocks: 5 }, { maxWaiting: 2 });
  const big = request([pass([...text(200), SPEECH, 3], 200)], 100);
  const holder = await core.admit(big, FOREVER);
  const second = core.admit(big, FOREVER);
  const leaving = new AbortController();
  const third = core.admit(big, leaving.signal);
  await assert.rejects(
    core.admit(big, FOREVER),
    (error: MeshError) => error.kind === 'queueFull' && error.pushbackMs! > 0,
  );
  assert.equal(core.stats.waiting, 2);
  leaving.abort(new Error('the caller left'));
  await assert.rejects(third, /the caller left/);
  assert.equal(core.stats.waiting, 1);
  holder.end(new Error('over'));
  (await second).end(new Error('over'));
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a full queue gives a tenant without entries the place of the tenant that holds most, and its turn comes first', async () => {
  const { core } = createCore({ blocks: 5 }, { maxWaiting: 2 });
  const big = (tenant: string) => request([pass([...text(200), SPEECH, 3], 200)], 100, tenant);
  const holder = await core.admit(big('greedy'), FOREVER);
  const first = core.admit(big('greedy'), FOREVER);
  const last = core.admit(big('greedy'), FOREVER);
  const modest = core.admit(big('modest'), FOREVER);
  await assert.rejects(last, kind('tenantOverShare'));
  const order: string[] = [];
  const ended = [first, modest].map(async (admission) => {
    const session = await admission;
    order.push(session.tenant);
    session.end(new Error('over'));
  });
  holder.end(new Error('over'));
  await Promise.all(ended);
  assert.deepEqual(new Set(order), new Set(['greedy', 'modest']));
  await core.close();
});

test('speech is taken once, from whoever knows id and token', async () => {
  const { core } = createCore();
  const session = await core.admit(request([pass([1, SPEECH, 2], 3)], 5), FOREVER);
  assert.equal(core.sessions.find(session.id, 'guess'), null);
  assert.equal(core.sessions.find('other', session.token), null);
  assert.equal(core.sessions.find(session.id, session.token), session);
  session.claimAttach();
  assert.throws(() => session.claimAttach(), kind('wrongState'));
  const tokens = tokensOf(session.events, 1);
  session.deliver(speechOf(4, 2));
  await tokens;
  assert.equal(core.sessions.find(session.id, session.token), null);
  const silent = await core.admit(request([pass([1, 2], 300)]), FOREVER);
  assert.throws(() => silent.claimAttach(), kind('wrongState'));
  await core.close();
});
