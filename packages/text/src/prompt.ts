import type { Tokenizer } from './tokenizer.js';

/**
 * A part of a prompt as `model.json` writes it. Exactly one kind a part; `bos: true` puts the bos id before
 * the part's tokens.
 */
export type PromptPart =
  | { readonly text: string; readonly bos?: boolean }
  | { readonly instruction: true; readonly bos?: boolean }
  | { readonly speech: true };

/**
 * A stretch of the sequence that the decoder reads: token ids, or the place of the speech embeddings (with
 * their bos and eos rows).
 */
export type PromptSegment =
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | { readonly kind: 'speech' };

/**
 * Lays out a prompt. Each part is tokenised by its own call, because SentencePiece treats the start of a text
 * specially; adjacent token parts are then joined into one segment. Source: the model reference, sections 5.1
 * and 5.2.
 * @param parts the mode's entry of `prompts` in `model.json`.
 * @param instruction what stands in the `instruction` part: the user's words or a tag string. An empty one
 * still contributes its bos.
 * @throws {Error} when a part wants an instruction and none is given.
 */
export function assemblePrompt(
  parts: readonly PromptPart[],
  tokenizer: Tokenizer,
  instruction?: string,
): PromptSegment[] {
  const segments: PromptSegment[] = [];
  for (const part of parts) {
    if ('speech' in part) {
      segments.push({ kind: 'speech' });
      continue;
    }
    const text = 'text' in part ? part.text : instruction;
    if (text === undefined)
      throw new Error('this prompt has an instruction part; expected an instruction, got none');
    const ids = tokenizer.encode(text, { bos: part.bos ?? false });
    const last = segments.at(-1);
    if (last?.kind === 'tokens')
      segments[segments.length - 1] = { kind: 'tokens', ids: [...last.ids, ...ids] };
    else segments.push({ kind: 'tokens', ids });
  }
  return segments;
}
