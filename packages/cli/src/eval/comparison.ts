import type { Measured } from '@osum/eval';
import { grouped, mapGroups } from './grouped.js';
import { type ScoredTask, scoredTasks } from './reference.js';
import type { Answered } from './scoring.js';
import type { Scorings } from './task-scorings.js';

/** A metric of the same questions, asked by tags and by instructions. */
export interface ComparedMetric {
  readonly tags: Measured;
  readonly instructions: Measured;
  /** Instructions less tags; its interval is that of pairs. */
  readonly difference: Measured;
}

/** Tasks of a set, each with its metrics. */
export type SetComparison = { readonly [task in ScoredTask]?: Readonly<Record<string, ComparedMetric>> };

/** How much worse or better instructions do than tags. */
export interface Comparison {
  /** By the name of the set. */
  readonly sets: Readonly<Record<string, SetComparison>>;
  readonly total: SetComparison;
}

type Pair = readonly [tags: Answered, instruction: Answered];

/** Compares the answers of questions that were asked in both ways; undefined where there is none. */
export function comparisonOf(
  answered: readonly Answered[],
  scorings: Scorings,
  seed: string,
): Comparison | undefined {
  const pairs = pairsOf(answered);
  if (pairs.length === 0) return undefined;
  const bySet = grouped(pairs, ([{ question }]) => question.set);
  return {
    sets: mapGroups(bySet, (members, set) => compare(members, scorings, `${seed} ${set}`)),
    total: compare(pairs, scorings, seed),
  };
}

function pairsOf(answered: readonly Answered[]): Pair[] {
  return answered.flatMap((one, index): Pair[] => {
    const before = answered[index - 1];
    return one.question.twin && before !== undefined ? [[one, before]] : [];
  });
}

function compare(pairs: readonly Pair[], scorings: Scorings, seed: string): SetComparison {
  const tasks = scoredTasks.flatMap((task) => {
    const members = pairs.filter(([{ question }]) => question.reference[task] !== undefined);
    if (members.length === 0) return [];
    const scoring = scorings[task];
    const taskSeed = `${seed} ${task}`;
    const tags = scoring.metrics(
      members.map(([one]) => one),
      taskSeed,
    );
    const instructions = scoring.metrics(
      members.map(([, one]) => one),
      taskSeed,
    );
    const compared = Object.entries(scoring.difference(members, taskSeed)).map(([metric, difference]) => [
      metric,
      { tags: tags[metric], instructions: instructions[metric], difference },
    ]);
    return [[task, Object.fromEntries(compared)]];
  });
  return Object.fromEntries(tasks);
}
