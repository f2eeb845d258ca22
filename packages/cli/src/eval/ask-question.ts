import { resolve } from 'node:path';
import type { AudioThread } from '@osum/audio';
import { type OsumClient, OsumError, pcmBytes, type UnderstandOptions, type Wish } from '@osum/client';
import { AudioEncoding, type Plan, type Result, TaskFailure, type TaskStatus } from '@osum/proto';
import { audioPath } from '../batch/manifest.js';
import { mergeUtterances } from '../render/merge-utterances.js';
import { clipSampleRateHz, clipSamples } from './clip-audio.js';
import type { Question } from './question.js';
import type { Facts } from './reference.js';

/** What the mesh answered to a question. */
export interface Answer {
  readonly hypothesis: Facts;
  /** The sentence with which the mesh refused the instruction. */
  readonly refused?: string;
  /** Why parts of the answer are missing or cut short, or its tags are not the plan's; a sentence each. */
  readonly problems?: readonly string[];
  /** Length of the audio that was sent, in seconds. */
  readonly audioSeconds?: number;
  /** Time that the answer took, in seconds. */
  readonly seconds: number;
}

/** What questions are asked with. */
export interface Asking {
  readonly client: OsumClient;
  /** Where clips are cut out of recordings. */
  readonly thread: AudioThread;
  readonly signal: AbortSignal;
}

/**
 * Asks the mesh: an instruction alone through Interpret, all else through Understand. An instruction that the mesh refuses as
 * something it cannot do is an answer; fails where the call, or the pass of a task, fails.
 */
export async function askQuestion(question: Question, asking: Asking): Promise<Answer> {
  const started = performance.now();
  try {
    return question.audio === undefined
      ? await interpret(question.instruction ?? '', asking)
      : await understand(question, question.audio, asking);
  } catch (error) {
    const isRefusal = error instanceof OsumError && error.status === 'FAILED_PRECONDITION';
    if (!isRefusal || question.instruction === undefined) throw error;
    return { hypothesis: { intent: '' }, refused: error.message, seconds: secondsSince(started) };
  }
}

async function interpret(instruction: string, { client, signal }: Asking): Promise<Answer> {
  const started = performance.now();
  const plan = await client.interpret(instruction, { signal });
  return { hypothesis: { intent: plan.tags }, seconds: secondsSince(started) };
}

async function understand(question: Question, audio: string, asking: Asking): Promise<Answer> {
  const { start, instruction, tags } = question;
  const wish: Wish = instruction === undefined ? { tags: tags ?? '' } : { instruction };
  const { plan, utterances, summary } = await asking.client.understand(
    { ...wish, ...audioOf(question, audio, asking) },
    { signal: asking.signal },
  );
  const result = mergeUtterances(utterances);
  const statuses = utterances.flatMap(({ result }) => (result ? statusesOf(result) : []));
  const failed = statuses.find(({ status }) => status.failure === TaskFailure.PASS_FAILED);
  if (failed !== undefined) throw new Error(`${failed.part}: ${failed.status.message}`);
  const followed = followedTags(plan, result);
  const problems = statuses.map(({ part, status }) => `${part}: ${status.message}`);
  if (followed !== plan.tags) problems.push(`tags: the model printed "${followed}", not ${plan.tags}`);
  return {
    hypothesis: { ...factsOfResult(result, start ?? 0), intent: followed },
    ...(problems.length > 0 && { problems }),
    audioSeconds: summary.audioSeconds,
    seconds: summary.totalSeconds,
  };
}

function audioOf(
  { manifest, start, end }: Question,
  audio: string,
  { thread, signal }: Asking,
): Pick<UnderstandOptions, 'audio' | 'format'> {
  const path = resolve(audioPath(manifest, audio));
  if (start === undefined && end === undefined) return { audio: path };
  const part = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  return {
    audio: pcmBytes(clipSamples(path, part, { thread, signal })),
    format: { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: clipSampleRateHz },
  };
}

/** The tags of the plan where the model printed those of every pass, else what it printed. */
function followedTags(plan: Plan, { passes, printedTags }: Result): string {
  return passes.every((pass) => pass.printedTags === pass.tags) ? plan.tags : printedTags;
}

const labelFields = [
  ['caption', 'soundEvent'],
  ['age', 'age'],
  ['gender', 'gender'],
  ['style', 'style'],
  ['emotion', 'emotion'],
] as const;

function factsOfResult(result: Result, offsetSeconds: number): Facts {
  const { transcript, reply } = result;
  const words = transcript?.words.map(({ text, startSeconds, endSeconds }) => ({
    w: text,
    start: startSeconds + offsetSeconds,
    end: endSeconds + offsetSeconds,
  }));
  return {
    ...(transcript && { asr: transcript.text }),
    ...(words && words.length > 0 && { align: words }),
    ...(reply && { chat: reply.text }),
    ...Object.fromEntries(
      labelFields.flatMap(([task, field]) => {
        const label = result[field]?.label;
        return label ? [[task, label]] : [];
      }),
    ),
  };
}

function statusesOf(result: Result): { part: string; status: TaskStatus }[] {
  const parts = [
    ['transcript', result.transcript] as const,
    ['reply', result.reply] as const,
    ...labelFields.map(([task, field]) => [task, result[field]] as const),
  ];
  return parts.flatMap(([part, value]) => (value?.status ? [{ part, status: value.status }] : []));
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
