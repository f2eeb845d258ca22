import { quantile } from '@osum/eval';
import { type Comparison, comparisonOf } from './comparison.js';
import { grouped, mapGroups } from './grouped.js';
import type { Question } from './question.js';
import { type ScoredTask, scoredTasks } from './reference.js';
import type { Answered, TaskReport } from './scoring.js';
import type { Scorings } from './task-scorings.js';
import { type BadTranscript, type Confusion, worstConfusions, worstTranscripts } from './worst-answers.js';

/** A question with its answer, and what it took. */
export interface Outcome extends Answered {
  /** Length of the audio, in seconds. */
  readonly audioSeconds?: number;
  /** Time that the answer took, in seconds. */
  readonly seconds?: number;
  /** What is wrong with the form of the answer. */
  readonly problems?: readonly string[];
}

/** Scores of a test set, or of all together. */
export interface SetReport {
  /** Questions that were asked. */
  readonly asked: number;
  /** Questions without an answer: they count as wrong. */
  readonly failed: number;
  /** Answers out of form: a part is missing or cut short, or the tags are not those of the plan. */
  readonly incomplete: number;
  /** Length of the audio of all questions, in seconds: a clip that is asked for three tasks counts three times. */
  readonly audioSeconds: number;
  readonly tasks: { readonly [task in ScoredTask]?: TaskReport };
}

/** All that a run of `osum eval` found out. */
export interface EvalReport {
  readonly model: string;
  readonly version: string;
  readonly seed: number;
  /** By the name of the set. */
  readonly sets: Readonly<Record<string, SetReport>>;
  readonly total: SetReport;
  /** Only where questions were asked by tags and by instructions. */
  readonly comparison?: Comparison;
  readonly worst: {
    readonly confusions: readonly Confusion[];
    readonly transcripts: readonly BadTranscript[];
  };
  readonly failures: readonly Failure[];
  readonly speed: Speed;
}

/** How fast the answers came. */
export interface Speed {
  /** Audio that this run sent, in seconds; answers of an earlier, interrupted run are not in it. */
  readonly audioSeconds: number;
  /** Time that this run took for it, in seconds. */
  readonly wallSeconds: number;
  /** `wallSeconds / audioSeconds`; null if nothing was sent. */
  readonly realTimeFactor: number | null;
  /** Questions at a time. */
  readonly concurrency: number;
  /** Time of an answer about audio, waiting included, over all answers; null without any. */
  readonly medianSeconds: number | null;
  readonly p90Seconds: number | null;
}

/** A question without an answer. */
export interface Failure extends Pick<Question, 'manifest' | 'line' | 'audio'> {
  readonly error: string;
}

/** What a report tells of the run besides its answers. */
export interface RunFacts
  extends Pick<EvalReport, 'model' | 'version' | 'seed'>,
    Pick<Speed, 'audioSeconds' | 'wallSeconds' | 'concurrency'> {}

const worstShown = 5;

/** The report of all answers. Its figures and intervals depend on the answers and the seed alone. */
export function reportOf(
  outcomes: readonly Outcome[],
  scorings: Scorings,
  { model, version, seed, ...run }: RunFacts,
): EvalReport {
  const asked = outcomes.filter(({ question }) => question.twin === undefined);
  const total = setReport(asked, scorings, `${seed}`);
  const comparison = comparisonOf(outcomes, scorings, `${seed}`);
  return {
    model,
    version,
    seed,
    sets: setReports(asked, scorings, seed),
    total,
    ...(comparison && { comparison }),
    worst: {
      confusions: worstConfusions(total.tasks, worstShown),
      transcripts: worstTranscripts(asked, scorings, worstShown),
    },
    failures: outcomes.flatMap(failureOf),
    speed: speedOf(outcomes, run),
  };
}

/** The scores of each set. */
export function setReports(
  outcomes: readonly Outcome[],
  scorings: Scorings,
  seed: number,
): Record<string, SetReport> {
  const bySet = grouped(outcomes, ({ question }) => question.set);
  return mapGroups(bySet, (members, set) => setReport(members, scorings, `${seed} ${set}`));
}

function setReport(outcomes: readonly Outcome[], scorings: Scorings, seed: string): SetReport {
  const tasks = scoredTasks.flatMap((task) => {
    const members = outcomes.filter(({ question }) => question.reference[task] !== undefined);
    return members.length === 0 ? [] : [[task, scorings[task].report(members, `${seed} ${task}`)]];
  });
  return {
    asked: outcomes.length,
    failed: outcomes.flatMap(failureOf).length,
    incomplete: outcomes.filter(({ problems = [] }) => problems.length > 0).length,
    audioSeconds: outcomes.reduce((sum, { audioSeconds = 0 }) => sum + audioSeconds, 0),
    tasks: Object.fromEntries(tasks),
  };
}

function failureOf({ question, failure }: Outcome): Failure[] {
  if (failure === undefined) return [];
  const { manifest, line, audio } = question;
  return [{ manifest, line, ...(audio !== undefined && { audio }), error: failure }];
}

function speedOf(
  outcomes: readonly Outcome[],
  run: Pick<Speed, 'audioSeconds' | 'wallSeconds' | 'concurrency'>,
): Speed {
  const waits = outcomes.flatMap(({ audioSeconds, seconds }) =>
    audioSeconds === undefined ? [] : (seconds ?? []),
  );
  const waitAt = (q: number) => (waits.length === 0 ? null : quantile(waits, q));
  return {
    ...run,
    realTimeFactor: run.audioSeconds > 0 ? run.wallSeconds / run.audioSeconds : null,
    medianSeconds: waitAt(0.5),
    p90Seconds: waitAt(0.9),
  };
}
