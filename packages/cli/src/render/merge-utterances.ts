import { create } from '@bufbuild/protobuf';
import {
  type Result,
  ResultSchema,
  type StageTiming,
  StageTimingSchema,
  type TaskStatus,
  TimingsSchema,
  TranscriptSchema,
  UsageSchema,
  type UtteranceResult,
} from '@osum/proto';
import { joinTexts } from '@osum/text';
import { timedStages } from './timed-stages.js';

type Labelled = { label: string; confidence: number; status?: TaskStatus | undefined };
type LabelField = 'emotion' | 'style' | 'soundEvent' | 'gender' | 'age';
const labelFields: readonly LabelField[] = ['emotion', 'style', 'soundEvent', 'gender', 'age'];

/**
 * One result for a whole recording: texts and words in order, the label that holds for the longest share of the speech (with
 * the confidence of its longest utterance), times and usage summed. The result of a single utterance stays as it is.
 *
 * @param utterances in the order of the recording.
 */
export function mergeUtterances(utterances: readonly UtteranceResult[]): Result {
  const results = utterances.flatMap(({ result }) => (result ? [result] : []));
  if (results.length === 1 && results[0]) return results[0];
  const merged = create(ResultSchema, {
    tags: results[0]?.tags ?? '',
    printedTags: [...new Set(results.map(({ printedTags }) => printedTags))].join(' '),
    warnings: results.flatMap(({ warnings }) => warnings),
    passes: results.flatMap(({ passes }) => passes),
    usage: create(UsageSchema, {
      audioSeconds: sum(results, ({ usage }) => usage?.audioSeconds),
      promptTokens: sum(results, ({ usage }) => usage?.promptTokens),
      speechRows: sum(results, ({ usage }) => usage?.speechRows),
      generatedTokens: sum(results, ({ usage }) => usage?.generatedTokens),
    }),
    timings: create(TimingsSchema, { totalSeconds: sum(results, ({ timings }) => timings?.totalSeconds) }),
  });
  const transcripts = results.flatMap(({ transcript }) => (transcript ? [transcript] : []));
  if (transcripts.length > 0) {
    merged.transcript = create(TranscriptSchema, {
      text: joinTexts(transcripts.map(({ text }) => text)),
      words: transcripts.flatMap(({ words }) => words),
      confidence: geometricMean(transcripts.map(({ confidence }) => confidence)),
    });
  }
  for (const field of labelFields) {
    const label = longestLabel(utterances, field);
    if (label) Object.assign(merged, { [field]: label });
  }
  const replies = results.flatMap(({ reply }) => (reply ? [reply] : []));
  if (replies[0]) merged.reply = { ...replies[0], text: joinTexts(replies.map(({ text }) => text)) };
  for (const stage of timedStages) {
    const timings = results.flatMap((result) => result.timings?.[stage] ?? []);
    if (timings.length > 0 && merged.timings) merged.timings[stage] = sumTimings(timings);
  }
  return merged;
}

function longestLabel(utterances: readonly UtteranceResult[], field: LabelField): Labelled | undefined {
  const seconds = new Map<string, number>();
  const longest = new Map<string, { value: Labelled; seconds: number }>();
  for (const { result, startSeconds, endSeconds } of utterances) {
    const value: Labelled | undefined = result?.[field];
    if (!value) continue;
    const length = endSeconds - startSeconds;
    seconds.set(value.label, (seconds.get(value.label) ?? 0) + length);
    const known = longest.get(value.label);
    if (!known || known.seconds < length) longest.set(value.label, { value, seconds: length });
  }
  const [winner] = [...seconds].sort((a, b) => b[1] - a[1])[0] ?? [];
  return winner === undefined ? undefined : longest.get(winner)?.value;
}

function sumTimings(timings: readonly StageTiming[]): StageTiming {
  return create(StageTimingSchema, {
    queueSeconds: sum(timings, ({ queueSeconds }) => queueSeconds),
    computeSeconds: sum(timings, ({ computeSeconds }) => computeSeconds),
    transferSeconds: sum(timings, ({ transferSeconds }) => transferSeconds),
  });
}

function sum<T>(items: readonly T[], value: (item: T) => number | undefined): number {
  return items.reduce((total, item) => total + (value(item) ?? 0), 0);
}

function geometricMean(values: readonly number[]): number {
  if (values.some((value) => value <= 0)) return 0;
  return Math.exp(sum(values, Math.log) / values.length);
}
