import type { MessageInitShape } from '@bufbuild/protobuf';
import { type ResultSchema, TaskFailure } from '@osum/proto';
import { isLabelTask, type Label, type LabelTask, type Task } from '@osum/text';
import { type LabelInit, labelField } from './label-part.js';
import type { PassOutcome } from './pass-reader.js';

/** A Result under construction. */
export type ResultInit = Extract<MessageInitShape<typeof ResultSchema>, { $typeName?: never }>;

/** Why a part is missing: a failure and a sentence. */
export interface PartStatus {
  readonly failure: TaskFailure;
  readonly message: string;
}

/** The parts of a result that one pass answers, each with its text or label, or with the reason why it has none. */
export function taskParts(
  outcome: PassOutcome,
  isUntrained: (label: Label) => boolean,
  passFailure: string | undefined,
): ResultInit {
  const missing = missingStatus(outcome, passFailure);
  return Object.assign(
    {},
    ...outcome.pass.answers.map((task) =>
      isLabelTask(task)
        ? labelField(task, labelOf(task, outcome, isUntrained, missing))
        : textPart(task, outcome, missing),
    ),
  );
}

/** Parts that say that nothing was asked, because the utterance holds no sound. */
export function silentParts(tasks: readonly Task[]): ResultInit {
  const status = { failure: TaskFailure.NO_SPEECH, message: 'The utterance holds no sound.' };
  return Object.assign(
    {},
    ...tasks.map((task) => {
      if (isLabelTask(task)) return labelField(task, { status });
      return task === 'chat' ? { reply: { status } } : { transcript: { status } };
    }),
  );
}

function missingStatus({ truncated, parsed }: PassOutcome, passFailure: string | undefined): PartStatus {
  if (passFailure !== undefined) return { failure: TaskFailure.PASS_FAILED, message: passFailure };
  if (truncated !== null) return { failure: TaskFailure.TRUNCATED, message: `The answer ${truncated}.` };
  const printed = parsed.tags === '' ? 'no tags' : parsed.tags;
  return {
    failure: TaskFailure.NOT_PRINTED,
    message: `The model did not print this part; it printed ${printed}.`,
  };
}

function labelOf(
  task: LabelTask,
  { parsed }: PassOutcome,
  isUntrained: (label: Label) => boolean,
  missing: PartStatus,
): LabelInit {
  const printed = parsed.labels.find((label) => label.task === task);
  if (printed === undefined) return { status: missing };
  if (printed.label === undefined || isUntrained(printed)) {
    const why =
      printed.label === undefined ? 'which is no label of the task' : 'which the package was not trained on';
    return {
      status: { failure: TaskFailure.UNKNOWN_LABEL, message: `The model printed "${printed.raw}", ${why}.` },
    };
  }
  return { label: printed.label, confidence: printed.confidence ?? 0 };
}

function textPart(task: Task, outcome: PassOutcome, missing: PartStatus): ResultInit {
  const { parsed, words, transcriptConfidence, truncated, finished } = outcome;
  const broken = finished === undefined || truncated !== null;
  if (task === 'chat') {
    if (parsed.reply === undefined) return { reply: { status: missing } };
    return { reply: { text: parsed.reply, ...(broken ? { status: missing } : {}) } };
  }
  if (parsed.transcript === undefined) return { transcript: { status: missing } };
  // What was printed after the transcript shows that the transcript itself is whole.
  const isWhole = !broken || parsed.labels.length > 0 || parsed.reply !== undefined;
  const noTimes = outcome.pass.answers.includes('align') && words.length === 0 && parsed.transcript !== '';
  return {
    transcript: {
      text: parsed.transcript,
      words: words.map((word) => ({ ...word })),
      confidence: transcriptConfidence,
      ...(isWhole && !noTimes ? {} : { status: missing }),
    },
  };
}
