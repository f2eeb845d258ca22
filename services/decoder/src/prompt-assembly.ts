import { badField } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { PromptMode } from '@osum/proto';
import { assemblePrompt, type PromptPart, type Tokenizer } from '@osum/text';
import { type Prompt, SPEECH } from './cache/prompt.js';

/** A pass's prompt in token ids. */
export interface AssembledPrompt {
  readonly prompt: Prompt;
  /** Ids at the start that are fixed text: the same for every request of the mode. */
  readonly systemTokens: number;
  readonly hasSpeech: boolean;
  readonly hasInstruction: boolean;
}

/** Assembles the prompt of a mode around an instruction. Throws INVALID_ARGUMENT for an unknown mode, naming `field`. */
export function assemble(
  prompts: Manifest['prompts'],
  tokenizer: Tokenizer,
  mode: PromptMode,
  instruction: string,
  field: string,
): AssembledPrompt {
  const parts = partsOf(prompts, mode, field);
  const prompt = assemblePrompt(parts, tokenizer, instruction).flatMap((segment) =>
    segment.kind === 'speech' ? [SPEECH] : segment.ids,
  );
  const fixed = parts.findIndex((part) => !('text' in part));
  const system = assemblePrompt(fixed === -1 ? parts : parts.slice(0, fixed), tokenizer);
  const systemTokens = system.reduce(
    (sum, segment) => sum + (segment.kind === 'tokens' ? segment.ids.length : 0),
    0,
  );
  const hasInstruction = parts.some((part) => 'instruction' in part);
  return { prompt, systemTokens, hasSpeech: prompt.includes(SPEECH), hasInstruction };
}

function partsOf(prompts: Manifest['prompts'], mode: PromptMode, field: string): readonly PromptPart[] {
  switch (mode) {
    case PromptMode.UNDERSTAND:
      return prompts.understand;
    case PromptMode.CHAT:
      return prompts.chat;
    case PromptMode.INTENT:
      return prompts.intent;
    default:
      throw badField(field, `expected UNDERSTAND, CHAT or INTENT, got ${PromptMode[mode] ?? mode}`);
  }
}
