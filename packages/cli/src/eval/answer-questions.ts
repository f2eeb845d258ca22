import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAudioThread } from '@osum/audio';
import type { OsumClient } from '@osum/client';
import { runBatch } from '../batch/run-batch.js';
import { type Answer, askQuestion } from './ask-question.js';
import type { Question } from './question.js';
import { scoredTasks } from './reference.js';
import type { Outcome, RunFacts } from './report.js';
import type { Scorings } from './task-scorings.js';

/** A run of questions. */
export interface Asked {
  readonly questions: readonly Question[];
  readonly client: OsumClient;
  readonly scorings: Scorings;
  readonly concurrency: number;
  /** File of the results; what it holds already is not asked again. Undefined: none is kept. */
  readonly out: string | undefined;
  readonly signal: AbortSignal;
}

/** A line of the file of results: the question, and its answer or `error`. */
type Result = Question & (Answer | { readonly error: string });

/** Asks all questions, in parallel, and gives the answers in their order, those of an interrupted run included. */
export async function answerQuestions(
  asked: Asked,
): Promise<{ outcomes: Outcome[] } & Pick<RunFacts, 'audioSeconds' | 'wallSeconds' | 'concurrency'>> {
  const { questions, client, scorings, concurrency, signal } = asked;
  const folder = asked.out === undefined ? await mkdtemp(join(tmpdir(), 'osum-eval-')) : undefined;
  const out = asked.out ?? join(folder ?? '', 'results.jsonl');
  const thread = startAudioThread();
  const started = performance.now();
  let audioSeconds = 0;
  try {
    await runBatch<Question>({
      entries: questions,
      out,
      key: ({ set, line, audio, start, end, tags, instruction }) =>
        JSON.stringify([set, line, audio, start, end, tags, instruction]),
      concurrency,
      signal,
      async answer(question) {
        const answer = await askQuestion(question, { client, thread, signal });
        audioSeconds += answer.audioSeconds ?? 0;
        return { ...answer, errors: errorsOf(question, answer, scorings) };
      },
    });
    const wallSeconds = (performance.now() - started) / 1000;
    const results = (await readFile(out, 'utf8')).trimEnd().split('\n');
    const outcomes = questions.map((question, index) =>
      outcomeOf(question, JSON.parse(results[index] ?? '') as Result),
    );
    return { outcomes, audioSeconds, wallSeconds, concurrency };
  } finally {
    await thread.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  }
}

/** How an answer differs from its references, by task. */
function errorsOf(question: Question, { hypothesis }: Answer, scorings: Scorings): object {
  const tasks = scoredTasks.filter((task) => question.reference[task] !== undefined);
  return Object.fromEntries(tasks.map((task) => [task, scorings[task].errorsOf({ question, hypothesis })]));
}

function outcomeOf(question: Question, result: Result): Outcome {
  if ('error' in result) return { question, hypothesis: {}, failure: result.error };
  const { hypothesis, audioSeconds, seconds, problems } = result;
  return {
    question,
    hypothesis,
    seconds,
    ...(audioSeconds !== undefined && { audioSeconds }),
    ...(problems !== undefined && { problems }),
  };
}
