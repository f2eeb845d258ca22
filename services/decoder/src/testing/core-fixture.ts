import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { greedyChooser } from '../choice/token-chooser.js';
import { DecoderCore, type DecoderLimits } from '../decoder-core.js';
import type { SpeechRows } from '../engine.js';
import { silentObserver } from '../observer.js';
import type { PassRequest, SessionRequest } from '../session/session-request.js';
import { HashEngine, type HashEngineSizes } from './hash-engine.js';
import { tokensOf } from './oracle.js';

/** Limits that make small things happen early. */
export const TEST_LIMITS: DecoderLimits = {
  stepRows: 100,
  quantumRows: 32,
  maxWaiting: 4,
  attachTimeoutMs: 5000,
  minSharedRows: 3,
  maxPrefixes: 3,
  tenantWeights: new Map(),
};

/** Repetition penalty of the passes made here. */
export const PENALTY = 1.05;
/** Id that ends the passes made here. */
export const STOP = 7;
/** A signal that never aborts. */
export const FOREVER: AbortSignal = new AbortController().signal;
setMaxListeners(0, FOREVER);

/** A core over a `HashEngine`. */
export function createCore(sizes: HashEngineSizes = {}, limits: Partial<DecoderLimits> = {}) {
  const engine = new HashEngine(sizes);
  return { engine, core: new DecoderCore(engine, { ...TEST_LIMITS, ...limits }, silentObserver) };
}

/** A greedy pass. */
export function pass(prompt: readonly number[], maxNewTokens: number, systemTokens = 0): PassRequest {
  const rule = { chooser: greedyChooser(PENALTY), stopTokens: new Set([STOP]), maxNewTokens };
  return { prompt, systemTokens, rule };
}

export function request(passes: readonly PassRequest[], speechRows = 0, tenant = 'a'): SessionRequest {
  return { tenant, passes, speechRows };
}

/** `count` token ids, none of which ends a pass. */
export function text(count: number, seed = 0): number[] {
  return Array.from({ length: count }, (_, i) => 10 + ((i * 7 + seed) % 40));
}

/** Runs one session to its end. */
export async function answer(core: DecoderCore, wanted: SessionRequest, speech: SpeechRows | null = null) {
  const session = await core.admit(wanted, FOREVER);
  const tokens = tokensOf(session.events, wanted.passes.length);
  if (speech !== null) {
    await sleep(0);
    session.claimAttach();
    session.deliver(speech);
  }
  return await tokens;
}

/** Asserts that blocks, slots, sessions and the queue are back to nothing, within two seconds. */
export async function assertNothingHeld({
  core,
  engine,
}: {
  core: DecoderCore;
  engine: HashEngine;
}): Promise<void> {
  const held = () => {
    const { blocks, running, waiting, freeSlots } = core.stats;
    return { used: blocks.used, promised: blocks.promised, running, waiting, freeSlots };
  };
  for (let i = 0; i < 400 && held().used + held().promised > 0; i++) await sleep(5);
  assert.deepEqual(held(), { used: 0, promised: 0, running: 0, waiting: 0, freeSlots: engine.maxSequences });
}
