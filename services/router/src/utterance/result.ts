import type { GenerateFinished } from '@osum/proto';
import { WarningCode } from '@osum/proto';
import { type Label, printTags } from '@osum/text';
import type { Plan } from '../plan/plan.js';
import { taskEnum } from '../plan/task-enum.js';
import type { StageReports } from './attempt.js';
import type { PassOutcome } from './pass-reader.js';
import { type ResultInit, silentParts, taskParts } from './task-parts.js';
import { timingsOf } from './timings.js';
import { audioSecondsOf, type Utterance } from './utterance.js';

/** What a result is made of. */
export interface ResultParts {
  readonly utterance: Utterance;
  readonly plan: Plan;
  readonly outcomes: readonly PassOutcome[];
  readonly isUntrained: (label: Label) => boolean;
  /** The end of the session; undefined if it broke off. */
  readonly finished: GenerateFinished | undefined;
  readonly reports: StageReports;
  readonly totalSeconds: number;
  /** Why passes that are not finished are not. */
  readonly failure: string | undefined;
  /** Longest audio that the model was trained on, in seconds. */
  readonly trainedSeconds: number;
}

/** The typed result of an utterance. */
export function resultOf(parts: ResultParts): ResultInit {
  const { utterance, plan, outcomes, finished, reports, totalSeconds, isUntrained } = parts;
  const sum = (of: (outcome: PassOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    tags: printTags(plan.tasks),
    printedTags: outcomes.map(({ parsed }) => parsed.tags).join(''),
    ...Object.assign(
      {},
      ...outcomes.map((outcome) =>
        taskParts(
          outcome,
          isUntrained,
          outcome.finished === undefined ? (parts.failure ?? 'broken off') : undefined,
        ),
      ),
    ),
    warnings: warningsOf(parts),
    ...(finished === undefined ? {} : { timings: timingsOf(reports, finished, totalSeconds) }),
    usage: {
      audioSeconds: audioSecondsOf(utterance),
      promptTokens: sum((outcome) => outcome.finished?.promptTokens ?? 0),
      speechRows: finished?.speechRows ?? 0,
      generatedTokens: sum((outcome) => outcome.finished?.generatedTokens ?? 0),
    },
    passes: outcomes.map(({ pass, parsed }) => {
      return { tags: pass.tags, tasks: pass.tasks.map(taskEnum), printedTags: parsed.tags, text: parsed.raw };
    }),
  };
}

/** The result of an utterance without sound: the model was not asked. */
export function silentResult(utterance: Utterance, plan: Plan): ResultInit {
  const message = 'The utterance holds no sound; the model was not asked.';
  return {
    tags: printTags(plan.tasks),
    ...silentParts(plan.tasks),
    warnings: [{ code: WarningCode.NO_SPEECH, message }],
    usage: { audioSeconds: audioSecondsOf(utterance) },
  };
}

/** Whether a pass printed other tags than it was asked to follow. */
export function isTagMismatch({ pass, parsed, finished }: PassOutcome): boolean {
  return finished !== undefined && parsed.tags !== pass.tags;
}

function warningsOf({ utterance, plan, outcomes, trainedSeconds }: ResultParts): ResultInit['warnings'] {
  const warnings: { code: WarningCode; message: string }[] = [];
  if (plan.passes.length > 1) {
    const passes = plan.passes.map(({ tags }) => tags).join(', ');
    const message = `The model was not trained on ${printTags(plan.tasks)} together; it was asked ${passes}.`;
    warnings.push({ code: WarningCode.FANNED_OUT, message });
  }
  if (utterance.forcedCut) {
    warnings.push({
      code: WarningCode.FORCED_CUT,
      message: 'Speech went on; it was cut where it was quietest.',
    });
  }
  if (audioSecondsOf(utterance) > trainedSeconds) {
    const message = `The utterance has ${audioSecondsOf(utterance).toFixed(1)} s; the model was trained on at most ${trainedSeconds} s.`;
    warnings.push({ code: WarningCode.LONG_AUDIO, message });
  }
  for (const outcome of outcomes) {
    const { pass, parsed, truncated } = outcome;
    if (isTagMismatch(outcome)) {
      const printed = parsed.tags === '' ? 'no tags' : parsed.tags;
      warnings.push({
        code: WarningCode.TAG_MISMATCH,
        message: `Asked for ${pass.tags}, the model printed ${printed}.`,
      });
    }
    if (truncated !== null) {
      const message = `The answer to ${pass.tags} ${truncated}.`;
      warnings.push({ code: WarningCode.TRUNCATED, message });
    }
    const [first, ...further] = parsed.malformed;
    if (first !== undefined) {
      const more = further.length === 0 ? '' : ` ${further.length} more pieces of the output fit no task.`;
      warnings.push({
        code: WarningCode.UNPARSED_OUTPUT,
        message: `"${first.raw}": ${first.reason}.${more}`,
      });
    }
  }
  return warnings;
}
