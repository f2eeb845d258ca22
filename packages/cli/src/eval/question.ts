import { parseTags, TASKS, type Task } from '@osum/text';
import type { Abilities } from './abilities.js';
import type { ManifestLine } from './manifest-line.js';
import { type Facts, factsOf, type ScoredTask } from './reference.js';

/** Where a line comes from. */
export interface PlacedLine {
  readonly manifest: string;
  /** Number of the line in the manifest, from 1. */
  readonly line: number;
  readonly set: string;
  readonly entry: ManifestLine;
}

/** One call of the mesh, and what its answer is compared with. Either `tags` or `instruction` is there. */
export interface Question extends Omit<PlacedLine, 'entry'> {
  readonly audio?: string;
  readonly start?: number;
  readonly end?: number;
  readonly tags?: string;
  readonly instruction?: string;
  /** Language and sort of the instruction, where known. */
  readonly language?: string;
  readonly kind?: string;
  /** Only what the answer is compared with. */
  readonly reference: Facts;
  /** Set where the question before is the same one, asked by an instruction: it is scored in the comparison only. */
  readonly twin?: true;
}

/** The fixed tags by which a single task is asked for. Word times are only trained together with the words. */
export function fixedTags(task: Task): string {
  return task === 'align' ? '<asr><align>' : `<${task}>`;
}

/**
 * The questions that a line asks: one with its own tags or instruction, else one for each task that the package supports and the
 * line knows the answer to. Facts of tasks outside of `tasks` are left out, and questions without any are not asked.
 */
export function questionsOf(
  { entry, ...place }: PlacedLine,
  { supported }: Abilities,
  tasks: readonly ScoredTask[],
): Question[] {
  const { reference: known, set: _set, language, kind, instruction, tags, ...clip } = entry;
  const wanted = factsOf(known, tasks);
  const ask = (wish: Pick<Question, 'tags' | 'instruction'>, reference: Facts): Question[] =>
    Object.keys(reference).length === 0 ? [] : [{ ...place, ...clip, ...wish, reference }];
  if (tags !== undefined) return ask({ tags }, factsOf(wanted, parseTags(tags)));
  if (instruction === undefined) {
    return TASKS.filter((task) => supported.has(task)).flatMap((task) =>
      ask({ tags: fixedTags(task) }, factsOf(wanted, [task])),
    );
  }
  const { intent } = known;
  // What the package cannot do must be refused, whatever it is called.
  const isRefused =
    intent === '' || (intent !== undefined && !parseTags(intent).every((t) => supported.has(t)));
  const asked: readonly ScoredTask[] =
    intent === undefined ? TASKS : [...(isRefused ? [] : parseTags(intent)), 'intent'];
  const reference = factsOf(isRefused && 'intent' in wanted ? { ...wanted, intent: '' } : wanted, asked);
  // Of a recording, the line's language is that of the speech.
  const spoken = clip.audio !== undefined;
  const about = {
    language: spoken || language === undefined ? languageOf(instruction) : language,
    ...(kind !== undefined && { kind }),
  };
  return ask({ instruction }, reference).map((question) => ({ ...question, ...about }));
}

/** The language of an instruction, by its letters: the model takes Chinese and English. */
export function languageOf(instruction: string): string {
  return /\p{Script=Han}/u.test(instruction) ? 'zh' : 'en';
}

/** The question behind an instruction, asked by the tags that it means; undefined where it means none, or nobody knows which. */
export function twinOf(question: Question): Question | undefined {
  const { instruction, language: _language, kind: _kind, reference, ...rest } = question;
  const { intent, ...facts } = reference;
  if (instruction === undefined || !intent || Object.keys(facts).length === 0) return undefined;
  return { ...rest, tags: intent, reference: facts, twin: true };
}
