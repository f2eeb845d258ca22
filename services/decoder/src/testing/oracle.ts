import { greedyChoice } from '@osum/nn';
import { SPEECH } from '../cache/prompt.js';
import type { SpeechRows } from '../engine.js';
import type { SessionEvent } from '../session/session.js';
import type { PassRequest } from '../session/session-request.js';
import { scoresAfter, speechValue } from './hash-engine.js';

/** Speech whose row i leaves `1000 + seed + i` in a `HashEngine`'s cache. */
export function speechOf(rows: number, seed: number): SpeechRows {
  return { dtype: 'bf16', rows, data: Uint8Array.from({ length: rows }, (_, i) => (seed + i) % 256) };
}

/** The tokens that a greedy pass must give on a `HashEngine`, computed without any scheduler. */
export function expectedTokens(pass: PassRequest, speech: SpeechRows | null, penalty: number): number[] {
  const context = pass.prompt.flatMap((element) =>
    element === SPEECH
      ? Array.from({ length: speech?.rows ?? 0 }, (_, i) => speechValue(speech!.data, i))
      : [element],
  );
  const tokens: number[] = [];
  while (tokens.length < pass.rule.maxNewTokens) {
    const { token } = greedyChoice(scoresAfter(context), tokens, penalty);
    tokens.push(token);
    context.push(token);
    if (pass.rule.stopTokens.has(token)) break;
  }
  return tokens;
}

/** Reads a session to its end: the tokens of each pass. */
export async function tokensOf(events: AsyncIterable<SessionEvent>, passes: number): Promise<number[][]> {
  const tokens: number[][] = Array.from({ length: passes }, () => []);
  for await (const event of events) if (event.kind === 'token') tokens[event.pass]!.push(event.token);
  return tokens;
}
