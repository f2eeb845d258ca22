import type { Attributes } from '@opentelemetry/api';
import { type MeshContext, spanAttributes } from '@osum/mesh';
import { PlanSource } from '@osum/proto';
import { printTags } from '@osum/text';
import type { Plan } from '../plan/plan.js';
import type { ResultInit } from '../utterance/task-parts.js';
import { audioSecondsOf, type Utterance } from '../utterance/utterance.js';

/** What the span of a call tells of its plan; the caller's words only with captureContent. */
export function planAttributes({ tasks, source, instruction }: Plan, context: MeshContext): Attributes {
  return {
    [spanAttributes.tags]: printTags(tasks),
    [spanAttributes.planSource]: PlanSource[source] ?? '',
    ...(context.captureContent && instruction !== undefined && { [spanAttributes.instruction]: instruction }),
  };
}

/** What the span of an utterance tells of it. */
export function utteranceAttributes(utterance: Utterance): Attributes {
  return {
    [spanAttributes.utterance]: utterance.index,
    [spanAttributes.audioSeconds]: audioSecondsOf(utterance),
  };
}

/** One line for an answered utterance; the caller's and the model's words only with captureContent. */
export function logAnswer(
  { log, captureContent }: MeshContext,
  utterance: Utterance,
  { tasks, instruction }: Plan,
  { timings, passes }: ResultInit,
): void {
  const words = { instruction, printed: passes?.map(({ text }) => text) };
  log.info(
    {
      utterance: utterance.index,
      audioSeconds: rounded(audioSecondsOf(utterance)),
      totalSeconds: rounded(timings?.totalSeconds ?? 0),
      tags: printTags(tasks),
      ...(captureContent && words),
    },
    'utterance answered',
  );
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
