import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeshError } from '@osum/mesh';
import { SPEECH } from './cache/prompt.js';
import type { TokenChooser } from './choice/token-chooser.js';
import { EngineLostError } from './engine.js';
import { RepetitionDetector } from './schedule/repetition-detector.js';
import {
  answer,
  assertNothingHeld,
  createCore,
  FOREVER,
  PENALTY,
  pass,
  request,
  text,
} from './testing/core-fixture.js';
import { expectedTokens, speechOf, tokensOf } from './testing/oracle.js';

const kind = (wanted: string) => (error: unknown) => error instanceof MeshError && error.kind === wanted;

for (const stage of ['while waiting for speech', 'while prefilling', 'while decoding'] as const) {
  test(`cancelling ${stage} frees everything within one step`, async () => {
    const { core, engine } = createCore();
    const abort = new AbortController();
    const session = await core.admit(request([pass([...text(900), SPEECH, 4], 500)], 10), abort.signal);
    const tokens = tokensOf(session.events, 1);
    tokens.catch(() => {});
    if (stage === 'while prefilling') {
      while (engine.batches.length < 2) await sleep(1);
    } else {
      while (engine.batches.length < 9) await sleep(1);
      if (stage === 'while decoding') {
        session.claimAttach();
        session.deliver(speechOf(10, 1));
        while (engine.batches.length < 15) await sleep(1);
      }
    }
    const before = engine.batches.length;
    abort.abort(new Error('gone'));
    await assert.rejects(tokens, /gone/);
    await assertNothingHeld({ core, engine });
    assert.ok(engine.batches.length <= before + 1);
    const good = pass(text(5), 3);
    assert.deepEqual(await answer(core, request([good])), [expectedTokens(good, null, PENALTY)]);
    await core.close();
  });
}

test('a pass that repeats itself is ended there; the one beside it goes on', async () => {
  const { core, engine } = createCore();
  const other = pass(text(5), 40);
  let chosen = 0;
  const round: TokenChooser = {
    want: (slot) => ({ slot, penalty: PENALTY, generated: null }),
    choose: () => ({ token: 20 + (chosen++ % 3), logProb: 0 }),
  };
  const repetition = new RepetitionDetector({ times: 3, tokens: 12 });
  const repeating = { ...other, rule: { ...other.rule, chooser: round, repetition } };
  const session = await core.admit(request([repeating, other]), FOREVER);
  const tokens: number[][] = [[], []];
  const reasons: string[] = [];
  for await (const event of session.events) {
    if (event.kind === 'token') tokens[event.pass]!.push(event.token);
    if (event.kind === 'finished') reasons[event.pass] = event.reason;
  }
  assert.deepEqual(
    tokens[0],
    Array.from({ length: 12 }, (_, i) => 20 + (i % 3)),
  );
  assert.equal(reasons[0], 'repetition');
  assert.deepEqual(tokens[1], expectedTokens(other, null, PENALTY));
  assert.notEqual(reasons[1], 'repetition');
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('speech that does not come in time ends the session', async () => {
  const { core, engine } = createCore({}, { attachTimeoutMs: 20 });
  const session = await core.admit(request([pass([1, SPEECH, 2], 3)], 5), FOREVER);
  await assert.rejects(tokensOf(session.events, 1), kind('sessionLost'));
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a failed step ends the sessions that were in it and no others', async () => {
  const { core, engine } = createCore();
  const wanted = pass([1, SPEECH, 2], 3);
  const waiting = await core.admit(request([wanted], 5), FOREVER);
  await sleep(10);
  engine.beforeStep = async () => {
    throw new Error('the step failed');
  };
  await assert.rejects(answer(core, request([pass([1, 2], 5)])), /the step failed/);
  engine.beforeStep = async () => {};
  const tokens = tokensOf(waiting.events, 1);
  waiting.claimAttach();
  waiting.deliver(speechOf(4, 3));
  assert.deepEqual(await tokens, [expectedTokens(wanted, speechOf(4, 3), PENALTY)]);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a failed system text fails who waits for it and is computed anew for the next', async () => {
  const { core, engine } = createCore();
  const wanted = () => pass([...text(30), 9], 2, 30);
  engine.beforeStep = async () => {
    engine.beforeStep = async () => {};
    throw new Error('the step failed');
  };
  await assert.rejects(answer(core, request([wanted()])), /the step failed/);
  assert.deepEqual(await answer(core, request([wanted()])), [expectedTokens(wanted(), null, PENALTY)]);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a lost device ends every session, is recovered, and then answers correctly', async () => {
  const { core, engine } = createCore();
  const good = () => pass([...text(30), 9], 2, 30);
  await answer(core, request([good()]));
  const waiting = await core.admit(request([pass([...text(30), SPEECH, 2], 3, 30)], 5), FOREVER);
  await sleep(10);
  engine.beforeStep = async () => {
    engine.beforeStep = async () => {};
    throw new EngineLostError('the device is gone');
  };
  await assert.rejects(answer(core, request([pass([1, 2], 5)])), kind('deviceLost'));
  await assert.rejects(tokensOf(waiting.events, 1), kind('deviceLost'));
  while (engine.recoveries === 0) await sleep(1);
  await sleep(1);
  assert.deepEqual(await answer(core, request([good()])), [expectedTokens(good(), null, PENALTY)]);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a device lost while nothing is computed ends waiting sessions at once', async () => {
  const { core, engine } = createCore();
  const waiting = await core.admit(request([pass([...text(30), SPEECH, 2], 3, 30)], 5), FOREVER);
  await sleep(10);
  engine.lose(new EngineLostError('the device is gone'));
  await assert.rejects(tokensOf(waiting.events, 1), kind('deviceLost'));
  while (!core.healthy) await sleep(1);
  const good = pass([...text(30), 9], 2, 30);
  assert.deepEqual(await answer(core, request([good])), [expectedTokens(good, null, PENALTY)]);
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('a lost device refuses who waits for KV blocks, and those who come until it is back', async () => {
  const { core, engine } = createCore({ blocks: 5 });
  const big = request([pass([...text(200), SPEECH, 3], 200)], 100);
  const holder = await core.admit(big, FOREVER);
  const waiting = core.admit(big, FOREVER);
  engine.lose(new EngineLostError('the device is gone'));
  await assert.rejects(core.admit(big, FOREVER), kind('deviceLost'));
  await assert.rejects(waiting, kind('deviceLost'));
  await assert.rejects(tokensOf(holder.events, 1), kind('deviceLost'));
  while (!core.healthy) await sleep(1);
  (await core.admit(big, FOREVER)).end(new Error('over'));
  await assertNothingHeld({ core, engine });
  await core.close();
});

test('draining refuses new sessions and lets the present ones finish', async () => {
  const { core } = createCore();
  const wanted = pass([1, SPEECH, 2], 3);
  const session = await core.admit(request([wanted], 5), FOREVER);
  const drained = core.drain();
  await assert.rejects(core.admit(request([pass([1], 1)]), FOREVER), kind('draining'));
  const tokens = tokensOf(session.events, 1);
  session.claimAttach();
  session.deliver(speechOf(4, 2));
  assert.deepEqual(await tokens, [expectedTokens(wanted, speechOf(4, 2), PENALTY)]);
  await drained;
  await core.close();
});
