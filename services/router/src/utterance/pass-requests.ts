import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Manifest } from '@osum/nn';
import { type GenerationOptions, type PassSchema, PromptMode } from '@osum/proto';
import type { Plan } from '../plan/plan.js';

/** A pass as the decoder takes it. */
export type PassInit = MessageInitShape<typeof PassSchema>;

/** The decoding passes of a plan. Sampling reaches only passes that do nothing but chat: all else is greedy. */
export function passRequests(
  { passes, instruction }: Plan,
  { passPrompt }: Manifest,
  { maxNewTokens, repetitionPenalty, sampling }: Partial<GenerationOptions> = {},
): PassInit[] {
  const common = {
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(repetitionPenalty === undefined ? {} : { repetitionPenalty }),
  };
  const words = passPrompt === 'instruction' && passes.length === 1 ? instruction : undefined;
  return passes.map(({ tags, tasks }) => {
    const chatOnly = tasks.length === 1 && tasks[0] === 'chat';
    if (chatOnly)
      return { ...common, mode: PromptMode.CHAT, ...(sampling === undefined ? {} : { sampling }) };
    return { ...common, mode: PromptMode.UNDERSTAND, instruction: words ?? tags };
  });
}
