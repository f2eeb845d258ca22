import { type EditCounts, editErrors } from '@osum/eval';
import { type ScoredTask, scoredTasks } from './reference.js';
import type { Answered, TaskReport } from './scoring.js';
import type { Scorings } from './task-scorings.js';

/** A transcript with errors. */
export interface BadTranscript {
  readonly set: string;
  readonly manifest: string;
  readonly line: number;
  readonly audio: string;
  readonly reference: string;
  readonly hypothesis: string;
  /** Word errors. */
  readonly errors: number;
}

/** The transcripts with the most word errors, at most `most`. Those of failed calls are left out. */
export function worstTranscripts(
  answered: readonly Answered[],
  scorings: Scorings,
  most: number,
): BadTranscript[] {
  const transcripts = answered.flatMap((one) => {
    const { question, hypothesis, failure } = one;
    const { set, manifest, line, audio = '', reference } = question;
    if (reference.asr === undefined || failure !== undefined) return [];
    const { words } = scorings.asr.errorsOf(one) as { words: EditCounts };
    const texts = { reference: reference.asr, hypothesis: hypothesis.asr ?? '' };
    return [{ set, manifest, line, audio, ...texts, errors: editErrors(words) }];
  });
  return transcripts
    .filter(({ errors }) => errors > 0)
    .sort((a, b) => b.errors - a.errors)
    .slice(0, most);
}

/** A label, or tags, that were given for others. */
export interface Confusion {
  readonly task: ScoredTask;
  readonly expected: string;
  readonly given: string;
  readonly count: number;
  /** How often the expected one occurs. */
  readonly of: number;
}

/** The confusions that occur most often, at most `most`. */
export function worstConfusions(
  tasks: { readonly [task in ScoredTask]?: TaskReport },
  most: number,
): Confusion[] {
  const all = scoredTasks.flatMap((task) =>
    Object.entries(tasks[task]?.confusion ?? {}).flatMap(([expected, row]) => {
      const of = Object.values(row).reduce((sum, count) => sum + count, 0);
      return Object.entries(row).flatMap(([given, count]) =>
        given === expected ? [] : [{ task, expected, given, count, of }],
      );
    }),
  );
  return all.sort((a, b) => b.count - a.count || b.count / b.of - a.count / a.of).slice(0, most);
}
