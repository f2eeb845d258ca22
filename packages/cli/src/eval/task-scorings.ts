import {
  accuracy,
  confusionMatrix,
  countEdits,
  type EditCounts,
  edgeErrorsMs,
  edgesWithin,
  errorRate,
  type Labelled,
  macroAccuracy,
  quantile,
  replyFaults,
  sumEdits,
  textCharacters,
  textUnits,
  type WordTimeErrors,
  wordTimeErrors,
} from '@osum/eval';
import { LABEL_TASKS, type LabelTask, printTags, TASKS } from '@osum/text';
import type { Rubrics } from './read-rubrics.js';
import type { ScoredTask } from './reference.js';
import { createScoring, type Scoring } from './scoring.js';

interface TextErrors {
  readonly words: EditCounts;
  readonly characters: EditCounts;
}

const transcripts = createScoring<TextErrors>({
  errorsOf({ question, hypothesis }) {
    const { asr: reference = '' } = question.reference;
    const { asr: given = '' } = hypothesis;
    return {
      words: countEdits(textUnits(reference), textUnits(given)),
      characters: countEdits(textCharacters(reference), textCharacters(given)),
    };
  },
  metrics: {
    wer: (errors) => errorRate(errors.map(({ words }) => words)),
    cer: (errors) => errorRate(errors.map(({ characters }) => characters)),
  },
  details: (errors) => ({
    edits: {
      words: sumEdits(errors.map(({ words }) => words)),
      characters: sumEdits(errors.map(({ characters }) => characters)),
    },
  }),
});

const wordTimes = createScoring<WordTimeErrors>({
  errorsOf: ({ question, hypothesis }) =>
    wordTimeErrors(question.reference.align ?? [], hypothesis.align ?? []),
  metrics: {
    startMedianMs: (errors) => quantile(edgeErrorsMs(errors, 'start'), 0.5),
    startP90Ms: (errors) => quantile(edgeErrorsMs(errors, 'start'), 0.9),
    startsWithin100Ms: (errors) => edgesWithin(errors, 'start', 100),
    startsWithin200Ms: (errors) => edgesWithin(errors, 'start', 200),
    endMedianMs: (errors) => quantile(edgeErrorsMs(errors, 'end'), 0.5),
    endP90Ms: (errors) => quantile(edgeErrorsMs(errors, 'end'), 0.9),
    endsWithin100Ms: (errors) => edgesWithin(errors, 'end', 100),
    endsWithin200Ms: (errors) => edgesWithin(errors, 'end', 200),
  },
  details: (errors) => ({
    words: {
      reference: errors.reduce((sum, { words }) => sum + words, 0),
      found: edgeErrorsMs(errors, 'start').length,
    },
  }),
});

const labels = (task: LabelTask): Scoring =>
  createScoring<Labelled>({
    errorsOf: ({ question, hypothesis }) => ({
      expected: question.reference[task] ?? '',
      given: hypothesis[task],
    }),
    metrics: { accuracy, macroAccuracy },
    details: (errors) => ({ confusion: plainMatrix(errors) }),
  });

/**
 * Tags are right when their set is: a proxy of the paper's rate of instructions that were followed (reference 8.4). Their order is
 * the model's own, and a list of instructions need not know it.
 */
const instructions = createScoring<Labelled>({
  errorsOf: ({ question, hypothesis }) => ({
    expected: shownTags(question.reference.intent) ?? '',
    given: shownTags(hypothesis.intent),
  }),
  metrics: { exactTags: accuracy },
  details: (errors) => ({ confusion: plainMatrix(errors) }),
  groups: { language: ({ language }) => language, kind: ({ kind }) => kind },
});

/** How the refusal of an instruction is called where tags stand otherwise. */
export const refusal = 'refused';

function shownTags(tags: string | undefined): string | undefined {
  if (tags === '') return refusal;
  const inOrder = tags?.match(/<[^<>]*>/g)?.sort(byTask);
  return inOrder?.join('') ?? tags;
}

const tagOrder = TASKS.map((task) => printTags([task]));

function byTask(a: string, b: string): number {
  return tagOrder.indexOf(a) - tagOrder.indexOf(b);
}

interface ReplyErrors {
  readonly fits: boolean;
  readonly faults: readonly string[];
}

const replies = (rubrics: Rubrics): Scoring =>
  createScoring<ReplyErrors>({
    errorsOf({ question, hypothesis }) {
      const rubric = rubrics.get(question.reference.chat ?? '');
      if (rubric === undefined)
        throw new Error(`there is no rubric of the intent ${question.reference.chat}`);
      const faults = hypothesis.chat === undefined ? ['no reply'] : replyFaults(rubric, hypothesis.chat);
      return { fits: faults.length === 0, faults };
    },
    metrics: { rubric: (errors) => errors.filter(({ fits }) => fits).length / errors.length },
    groups: { intent: ({ reference }) => reference.chat },
  });

function plainMatrix(errors: readonly Labelled[]): Record<string, Record<string, number>> {
  return Object.fromEntries(
    [...confusionMatrix(errors)].map(([expected, given]) => [expected, Object.fromEntries(given)]),
  );
}

/** How each task is scored. */
export type Scorings = Readonly<Record<ScoredTask, Scoring>>;

/** See {@link Scorings}; replies are judged by their intents' rubrics. */
export function createScorings(rubrics: Rubrics): Scorings {
  const byLabel = Object.fromEntries(LABEL_TASKS.map((task) => [task, labels(task)]));
  return {
    asr: transcripts,
    align: wordTimes,
    chat: replies(rubrics),
    ...(byLabel as Record<LabelTask, Scoring>),
    intent: instructions,
  };
}
