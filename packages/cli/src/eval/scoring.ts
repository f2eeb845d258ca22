import { type Measured, measure } from '@osum/eval';
import { grouped, mapGroups } from './grouped.js';
import type { Question } from './question.js';
import type { Facts } from './reference.js';

/** A question with its answer. */
export interface Answered {
  readonly question: Question;
  /** Empty if the call failed: then nothing is right. */
  readonly hypothesis: Facts;
  /** Why the call failed. */
  readonly failure?: string;
}

/** Values of measures by their names; a share of 1, or a number with its unit in the name. */
export type Metrics = Readonly<Record<string, Measured>>;

/** Metrics of some utterances. */
export interface MetricsOfSome {
  readonly utterances: number;
  readonly metrics: Metrics;
}

/** Scores of one task. */
export interface TaskReport extends MetricsOfSome {
  /** Utterances whose call failed; they count as wrong. */
  readonly failed: number;
  /** Edits of all words and characters together. */
  readonly edits?: { readonly words: EditSums; readonly characters: EditSums };
  /** Expected label -> given label -> how often. */
  readonly confusion?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Words of the references, and how many of them were found in the answers. */
  readonly words?: { readonly reference: number; readonly found: number };
  /** Scores of parts, by what they have in common: `language`, `kind`, `intent`. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, MetricsOfSome>>>>;
}

interface EditSums {
  readonly reference: number;
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** How one task is scored. */
export interface Scoring {
  /** How an answer differs from its reference, as it stands in the file of results. */
  errorsOf(answered: Answered): object;
  /** The scores of answers. */
  report(answered: readonly Answered[], seed: string): TaskReport;
  /** The metrics alone. */
  metrics(answered: readonly Answered[], seed: string): Metrics;
  /** Metrics of the second answers less those of the first, with the interval of the difference: each utterance is a pair. */
  difference(pairs: readonly (readonly [Answered, Answered])[], seed: string): Metrics;
}

/** What makes a scoring. */
export interface ScoringParts<Errors extends object> {
  errorsOf(answered: Answered): Errors;
  /** Each computes its value from the errors of utterances; NaN where it is not defined. */
  readonly metrics: Readonly<Record<string, (errors: readonly Errors[]) => number>>;
  /** What else the report tells. */
  details?(errors: readonly Errors[]): Pick<TaskReport, 'edits' | 'confusion' | 'words'>;
  /** By what the utterances are put together in groups; each names the group of one, if it is in any. */
  readonly groups?: Readonly<Record<string, (question: Question) => string | undefined>>;
}

/** See {@link Scoring}. */
export function createScoring<Errors extends object>(parts: ScoringParts<Errors>): Scoring {
  const { errorsOf, details, groups } = parts;
  const metrics = Object.entries(parts.metrics);

  const metricsOf = (errors: readonly Errors[], seed: string): MetricsOfSome => ({
    utterances: errors.length,
    metrics: Object.fromEntries(
      metrics.map(([name, statistic]) => [name, measure(errors, statistic, { seed: `${seed} ${name}` })]),
    ),
  });

  const groupsOf = (answered: readonly Answered[], seed: string): NonNullable<TaskReport['groups']> =>
    Object.fromEntries(
      Object.entries(groups ?? {}).map(([by, nameOf]) => [
        by,
        mapGroups(
          grouped(answered, ({ question }) => nameOf(question)),
          (members, name) => metricsOf(members.map(errorsOf), `${seed} ${by} ${name}`),
        ),
      ]),
    );

  return {
    errorsOf,
    report(answered, seed) {
      const errors = answered.map(errorsOf);
      return {
        ...metricsOf(errors, seed),
        failed: answered.filter(({ failure }) => failure !== undefined).length,
        ...details?.(errors),
        ...(groups && { groups: groupsOf(answered, seed) }),
      };
    },
    metrics: (answered, seed) => metricsOf(answered.map(errorsOf), seed).metrics,
    difference(pairs, seed) {
      const errors = pairs.map(([first, second]) => ({ first: errorsOf(first), second: errorsOf(second) }));
      return Object.fromEntries(
        metrics.map(([name, statistic]) => {
          const change = (sample: readonly (typeof errors)[number][]) =>
            statistic(sample.map(({ second }) => second)) - statistic(sample.map(({ first }) => first));
          return [name, measure(errors, change, { seed: `${seed} ${name}` })];
        }),
      );
    },
  };
}
