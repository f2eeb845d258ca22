import type { MessageInitShape } from '@bufbuild/protobuf';
import { MeshError } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import { type GenerateRequestSchema, type GenerateResponse, Grammar, PromptMode } from '@osum/proto';
import { parseTags, type Task } from '@osum/text';

/** What the language model takes an instruction to mean; no tasks: something that no task answers. */
export interface Interpretation {
  readonly tasks: readonly Task[];
  /** Probability of the tags, in [0, 1]. */
  readonly score: number;
}

/** The session that interprets an instruction: the intent prompt, under the grammar of legal tags. */
export function intentRequest(
  instruction: string,
  { name, intentPrefix }: Pick<Manifest, 'name' | 'intentPrefix'>,
): MessageInitShape<typeof GenerateRequestSchema> {
  const pass = { mode: PromptMode.INTENT, instruction: intentPrefix + instruction, grammar: Grammar.TAGS };
  return { passes: [pass], model: name };
}

/** Reads the interpretation from the session's messages. */
export async function readInterpretation(
  responses: AsyncIterable<GenerateResponse>,
): Promise<Interpretation> {
  let text = '';
  let logProbability = 0;
  for await (const { response } of responses) {
    if (response.case !== 'delta') continue;
    for (const token of response.value.tokens) {
      text += token.text;
      logProbability += token.logProbability;
    }
  }
  try {
    return { tasks: text === '' ? [] : parseTags(text), score: Math.exp(logProbability) };
  } catch (error) {
    throw new MeshError('internal', 'The decoder printed no legal tags under the tag grammar.', {
      cause: error,
    });
  }
}
