import type { KeyUse } from './key-use.js';
import { languageKey } from './language-keys.js';

/** The language model inside: under peft's wrapper, or merged and unwrapped. */
const LANGUAGE_MODEL = /^llama_model\.(?:base_model\.model\.)?/;

/** Keys that text output has no use for. */
const UNUSED: readonly (readonly [RegExp, string])[] = [
  [/^ln_speech\.(weight|bias)$/, 'ln_speech, which is never called'],
  [/^speech_head\.(weight|bias)$/, 'the head of audio tokens'],
];

/** Parts whose tensors have the same names in the package. */
const KEPT = /^(encoder|down_sample_2|speech_transformer|speech_llama_proj|speech_token_emded)\./;

/** Keys of an OSUM-Pangu checkpoint (reference: osum-pangu-model.md, sections 2 to 4). */
export function osumKey(key: string): KeyUse | undefined {
  if (key === 'encoder.embed.pos_enc.pe') return { kind: 'positions', stage: 'encoder' };
  if (key === 'speech_transformer.embed.pos_enc.pe') return { kind: 'positions', stage: 'adapter' };
  if (key === 'embed_tokens.weight') return { kind: 'alias', name: 'model.embed_tokens.weight' };
  if (key === 'lm_head.weight') return { kind: 'alias', name: 'lm_head.weight' };
  if (LANGUAGE_MODEL.test(key)) return languageKey(key.replace(LANGUAGE_MODEL, ''));
  const unused = UNUSED.find(([pattern]) => pattern.test(key));
  if (unused !== undefined) return { kind: 'unused', why: unused[1] };
  return KEPT.test(key) ? { kind: 'tensor', name: key } : undefined;
}
