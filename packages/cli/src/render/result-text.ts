import type { Result, StageTiming, TaskStatus, UtteranceResult } from '@osum/proto';
import colors from 'picocolors';
import { timedStages } from './timed-stages.js';

const { bold, dim, yellow } = colors;

const labelled = [
  ['emotion', 'emotion'],
  ['style', 'style'],
  ['sound event', 'soundEvent'],
  ['gender', 'gender'],
  ['age', 'age'],
] as const;

/** The results of one recording for a person, as lines. Utterances are headed by their times where there are several. */
export function resultLines(utterances: readonly UtteranceResult[]): string[] {
  if (utterances.length === 0) return [yellow('no speech was found')];
  return utterances.flatMap(({ result, startSeconds, endSeconds }) => {
    const heading =
      utterances.length > 1 ? [dim(`[${startSeconds.toFixed(2)} s – ${endSeconds.toFixed(2)} s]`)] : [];
    return [...heading, ...(result ? answerLines(result) : [])];
  });
}

function answerLines(result: Result): string[] {
  const lines: string[] = [];
  if (result.transcript) {
    lines.push(
      field('transcript', result.transcript.text, result.transcript.status, result.transcript.confidence),
    );
    const words = result.transcript.words.map(
      ({ text, startSeconds, endSeconds }) =>
        `${text} ${dim(`${startSeconds.toFixed(1)}–${endSeconds.toFixed(1)}`)}`,
    );
    if (words.length > 0) lines.push(field('words', words.join('  ')));
  }
  for (const [name, key] of labelled) {
    const answer = result[key];
    if (answer) lines.push(field(name, answer.label, answer.status, answer.confidence));
  }
  if (result.reply) lines.push(field('reply', result.reply.text, result.reply.status));
  lines.push(...result.warnings.map(({ message }) => yellow(`  ! ${message}`)));
  return lines;
}

function field(name: string, text: string, status?: TaskStatus, confidence?: number): string {
  const certainty =
    confidence === undefined || confidence === 0 ? '' : dim(` (${(confidence * 100).toFixed(0)} %)`);
  const failure = status ? yellow(`${text ? ' ' : ''}${status.message}`) : '';
  return `  ${name.padEnd(12)}${bold(text)}${certainty}${failure}`;
}

/** Where the time of a result went, as one line in milliseconds a stage: queue + compute + transfer. */
export function timingLine(result: Result): string {
  const { timings, usage } = result;
  if (!timings) return '';
  const stages = timedStages.flatMap((stage) => {
    const timing = timings[stage];
    return timing ? [`${stage} ${parts(timing)}`] : [];
  });
  const realTimeFactor =
    usage && usage.audioSeconds > 0
      ? `, ${(usage.audioSeconds / timings.totalSeconds).toFixed(0)}x real time`
      : '';
  return dim(
    `  ms queue+compute+transfer: ${stages.join(' | ')} | total ${milliseconds(timings.totalSeconds)}${realTimeFactor}`,
  );
}

function parts({ queueSeconds, computeSeconds, transferSeconds }: StageTiming): string {
  return [queueSeconds, computeSeconds, transferSeconds].map(milliseconds).join('+');
}

function milliseconds(seconds: number): string {
  const ms = seconds * 1000;
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}
