import { seededRandom } from '@osum/eval';
import { readNumberedManifest } from '../batch/manifest.js';
import { UsageError } from '../usage-error.js';
import { manifestLineSchema } from './manifest-line.js';
import { languageOf, type Question } from './question.js';

/** An instruction that means certain tags. */
export interface NaturalInstruction {
  readonly instruction: string;
  readonly language: string;
  readonly kind?: string;
}

/** The instructions of a list, by the tags that they mean. */
export type InstructionsByTags = ReadonlyMap<string, readonly NaturalInstruction[]>;

/** Reads a list of instructions: one a line, as `instruction` and `expectedTags`, or as `text` and `tags`. */
export async function readInstructions(path: string): Promise<InstructionsByTags> {
  const byTags = new Map<string, NaturalInstruction[]>();
  for (const { entry, line } of await readNumberedManifest(path, manifestLineSchema)) {
    const { instruction, reference, language, kind, audio } = entry;
    if (audio !== undefined || instruction === undefined || reference.intent === undefined) {
      throw new UsageError(`${path}:${line}: expected an instruction with its tags, without audio`);
    }
    const found = byTags.get(reference.intent) ?? [];
    found.push({
      instruction,
      language: language ?? languageOf(instruction),
      ...(kind !== undefined && { kind }),
    });
    byTags.set(reference.intent, found);
  }
  return byTags;
}

/**
 * The same questions, asked in words: each question by tags gets one of the instructions that mean them, drawn by chance, and is
 * scored on whether it was understood, too. The draw of a question depends on the seed and its place alone.
 *
 * Fails with `UsageError` where the list has no instruction for some tags.
 */
export function inNaturalWords(
  questions: readonly Question[],
  instructions: InstructionsByTags,
  seed: number,
): Question[] {
  const missing = new Set<string>();
  const asked = questions.map((question) => {
    const { tags, ...rest } = question;
    if (tags === undefined) return question;
    const choices = instructions.get(tags) ?? [];
    const random = seededRandom(seed, question.set, question.line, tags);
    const drawn = choices[Math.floor(random() * choices.length)];
    if (drawn === undefined) missing.add(tags);
    return { ...rest, ...drawn, reference: { ...rest.reference, intent: tags } };
  });
  if (missing.size === 0) return asked;
  throw new UsageError(
    `the instructions hold none that means ${[...missing].join(' or ')}: add some, or leave these tasks out with --tasks`,
  );
}
