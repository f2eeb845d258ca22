import type { TimedWord } from '@osum/eval';
import { type LabelTask, TASKS, type Task } from '@osum/text';

/** What is scored: the tasks, and `intent`, the turning of an instruction into tags. */
export type ScoredTask = Task | 'intent';

/** All that is scored, in the order in which scores are shown. */
export const scoredTasks: readonly ScoredTask[] = [...TASKS, 'intent'];

/**
 * What is true of an utterance, or what was answered, by task. A task that is absent is unknown, or was not answered.
 *
 * Words are in seconds from the begin of the audio file. `intent` holds tags such as `<asr><age>`, or '' for the refusal of what
 * cannot be done. `chat` of a reference is the intent that the reply must fit, of an answer the reply.
 */
export type Facts = {
  readonly asr?: string;
  readonly align?: readonly TimedWord[];
  readonly chat?: string;
  readonly intent?: string;
} & { readonly [task in LabelTask]?: string };

/** The facts of some tasks only. */
export function factsOf(facts: Facts, tasks: readonly ScoredTask[]): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([task]) => tasks.includes(task as ScoredTask)));
}
