import assert from 'node:assert/strict';
import { chirp, extract, forwardTo, type Generated, generate } from './calls.js';
import type { Chain } from './chain-fixture.js';
import { assertIdle } from './idle.js';

const expected = new WeakMap<Chain, readonly number[]>();
const PCM = chirp(0.8, 1.1);

/** Sends one utterance through the whole chain. */
function goodRequest(chain: Chain): Promise<Generated> {
  return generate(chain, [{ maxNewTokens: 10 }], 20, (target) => extract(chain, PCM, forwardTo(target)));
}

/** Remembers the answer of a good request of a fresh chain, for `assertStillGood`. */
export async function rememberGood(chain: Chain): Promise<void> {
  expected.set(chain, (await goodRequest(chain)).tokens[0]!);
}

/** Asserts that nothing is held, and that the same servers still answer a good request as they did when fresh. */
export async function assertStillGood(chain: Chain): Promise<void> {
  await assertIdle(chain);
  const { tokens } = await goodRequest(chain);
  assert.deepEqual(tokens[0], expected.get(chain));
  await assertIdle(chain);
}
