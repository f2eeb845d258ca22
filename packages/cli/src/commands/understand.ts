import { access, constants } from 'node:fs/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { OsumClient, Wish } from '@osum/client';
import { Command } from 'commander';
import colors from 'picocolors';
import { audioPath, readManifest, understandEntrySchema } from '../batch/manifest.js';
import { runBatch } from '../batch/run-batch.js';
import { untilInterrupted } from '../interrupt.js';
import { connect } from '../mesh/connect.js';
import { mergeUtterances } from '../render/merge-utterances.js';
import { resultJson } from '../render/result-json.js';
import { resultLines, timingLine } from '../render/result-text.js';
import { UsageError } from '../usage-error.js';
import { chosenWish, type MeshOptions, wholeNumber, withMeshOptions } from './shared-options.js';

const { bold } = colors;

interface UnderstandCommandOptions extends MeshOptions {
  instruction?: string;
  tags?: string;
  json?: true;
  timings?: true;
  manifest?: string;
  out?: string;
  concurrency: number;
}

const defaultInstruction = 'Write down what is said.';

/** `osum understand`: asks a mesh about recordings, one by one or as a batch. */
export function understandCommand(): Command {
  const command = new Command('understand')
    .description('Ask a mesh about recordings: WAV, FLAC, MP3 or Ogg Opus.')
    .argument('[file...]', 'recordings; - reads one from standard input')
    .option('--instruction <text>', `what to find out, in plain words (default: "${defaultInstruction}")`)
    .option('--tags <tags>', "what to find out, as task tags: '<asr><age>'")
    .option('--json', 'one JSON object a recording on standard output')
    .option('--timings', 'where the time went, a stage')
    .option(
      '--manifest <in.jsonl>',
      'a batch: each line holds `audio` (relative to the file) and `instruction` or `tags`',
    )
    .option(
      '--out <out.jsonl>',
      'answers of the batch, in order; an interrupted run goes on where it stopped',
    )
    .option('--concurrency <n>', 'recordings at a time in a batch', wholeNumber(1), 8);
  return withMeshOptions(command).action((files: string[], options: UnderstandCommandOptions) =>
    untilInterrupted((signal) => understand(files, options, signal)),
  );
}

async function understand(
  files: string[],
  options: UnderstandCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const wish = chosenWish(options, { instruction: defaultInstruction });
  if (options.manifest !== undefined) return understandManifest(options.manifest, files, options, signal);
  if (files.length === 0) throw new UsageError('name a recording, or a --manifest');
  const { client, close } = await connect(options);
  try {
    for (const file of files) {
      signal.throwIfAborted();
      try {
        await understandFile(client, file, wish, options, signal);
      } catch (error) {
        signal.throwIfAborted();
        console.error(`osum: ${file}: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await close();
  }
}

async function understandFile(
  client: OsumClient,
  file: string,
  wish: Wish,
  options: UnderstandCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const audio = file === '-' ? process.stdin : file;
  if (options.json) {
    console.log(JSON.stringify({ audio: file, ...(await answer(client, { ...wish, audio }, signal)) }));
    return;
  }
  const { plan, utterances } = await client.understand({ ...wish, audio }, { signal });
  console.log(`${bold(file)}  ${plan.tags}`);
  for (const line of resultLines(utterances)) console.log(line);
  if (options.timings) console.log(timingLine(mergeUtterances(utterances)));
}

/** The answer to one recording as JSON: `result`, and `utterances` where there are several. */
async function answer(
  client: OsumClient,
  request: Wish & { audio: string | AsyncIterable<Uint8Array> },
  signal: AbortSignal,
): Promise<JsonObject> {
  const { utterances } = await client.understand(request, { signal });
  const result = resultJson(mergeUtterances(utterances));
  if (utterances.length < 2) return { result };
  const parts = utterances.map(({ startSeconds, endSeconds, result }) => ({
    start: startSeconds,
    end: endSeconds,
    ...(result && { result: resultJson(result) }),
  }));
  return { result, utterances: parts };
}

async function understandManifest(
  manifest: string,
  files: string[],
  options: UnderstandCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { out } = options;
  if (out === undefined) throw new UsageError('--manifest needs --out: the file of the answers');
  if (files.length > 0) throw new UsageError('give either recordings or a --manifest, not both');
  const entries = await readManifest(manifest, understandEntrySchema);
  const { client, close } = await connect(options);
  try {
    const { answered, failed } = await runBatch({
      entries,
      out,
      key: ({ audio, instruction, tags }) => JSON.stringify([audio, instruction, tags]),
      concurrency: options.concurrency,
      signal,
      async answer({ audio, instruction, tags }) {
        const path = audioPath(manifest, audio);
        await access(path, constants.R_OK);
        const wish: Wish = tags === undefined ? { instruction: instruction ?? '' } : { tags };
        return answer(client, { ...wish, audio: path }, signal);
      },
    });
    console.error(`${answered} answers in ${out}, ${failed} of them failures`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await close();
  }
}
