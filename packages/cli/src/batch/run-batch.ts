import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import { pMapIterable } from 'p-map';
import { resumeOutput } from './manifest.js';

/** A batch: what to ask of each entry, and where the answers go. */
export interface Batch<T extends object> {
  entries: readonly T[];
  /** Path of the JSON-lines file of the answers. */
  out: string;
  /** What identifies an entry when an interrupted run goes on. */
  key(entry: Partial<T>): unknown;
  /** Entries that are asked at a time. */
  concurrency: number;
  /** The fields to add for one entry. */
  answer(entry: T): Promise<object>;
  signal: AbortSignal;
}

/**
 * Answers the entries in parallel and appends them in their order; what an earlier run has answered is kept. A failed entry
 * gets the field `error`, and does not end the batch.
 *
 * @returns how many answers the file holds, and how many of them are failures.
 */
export async function runBatch<T extends object>(
  batch: Batch<T>,
): Promise<{ answered: number; failed: number }> {
  const { done, failed: failedBefore } = await resumeOutput(batch.out, batch.entries, batch.key);
  if (done > 0) console.error(`going on after ${done} answers in ${batch.out}`);
  const bar = new SingleBar({
    stream: process.stderr,
    noTTYOutput: false,
    format: '{bar} {value}/{total} | {failed} failed | {duration_formatted} | ETA {eta_formatted}',
    hideCursor: true,
    gracefulExit: false,
  });
  const out = createWriteStream(batch.out, { flags: 'a' });
  let answered = done;
  let failed = failedBefore;
  bar.start(batch.entries.length, answered, { failed });
  try {
    const answers = pMapIterable(batch.entries.slice(done), (entry) => answerLine(batch, entry), {
      concurrency: batch.concurrency,
      backpressure: batch.concurrency * 4,
    });
    for await (const line of answers) {
      batch.signal.throwIfAborted();
      if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain');
      answered += 1;
      if ('error' in line) failed += 1;
      bar.update(answered, { failed });
    }
  } finally {
    bar.stop();
    out.end();
    await finished(out);
  }
  return { answered, failed };
}

async function answerLine<T extends object>(batch: Batch<T>, entry: T): Promise<object> {
  batch.signal.throwIfAborted();
  const { result: _result, error: _error, ...kept } = entry as T & { result?: unknown; error?: unknown };
  try {
    return { ...kept, ...(await batch.answer(entry)) };
  } catch (error) {
    batch.signal.throwIfAborted();
    return { ...kept, error: (error as Error).message };
  }
}
