import { startAudioThread } from '@osum/audio';
import { Command, InvalidArgumentError } from 'commander';
import { type LoadReport, measureLoad } from '../bench/load.js';
import { type BenchRecording, readRecording } from '../bench/recordings.js';
import { loadLines } from '../bench/render-load.js';
import { untilInterrupted } from '../interrupt.js';
import { connect } from '../mesh/connect.js';
import { chosenWish, type MeshOptions, wholeNumber, withMeshOptions } from './shared-options.js';

interface BenchCommandOptions extends MeshOptions {
  tags?: string;
  instruction?: string;
  concurrency: number[];
  seconds: number;
  live?: true;
  json?: true;
}

/** `osum bench`: latencies and throughput of a mesh under load. */
export function benchCommand(): Command {
  const command = new Command('bench')
    .description('Ask a mesh under load: latencies in percentiles, in all and by stage, and throughput.')
    .argument('<file...>', 'recordings, asked one after the other by all callers: WAV, FLAC, MP3 or Ogg Opus')
    .option('--tags <tags>', "what to find out, as task tags (default: '<asr>')")
    .option('--instruction <text>', 'what to find out, in plain words')
    .option('--concurrency <n,...>', 'calls at a time; one load for each number', wholeNumbers, [1, 2, 4])
    .option('--seconds <n>', 'seconds of a load', wholeNumber(1), 10)
    .option('--live', 'send audio as it is spoken, and tell how far partial and final results lag behind')
    .option('--json', 'one JSON object a load on standard output');
  return withMeshOptions(command).action((files: string[], options: BenchCommandOptions) =>
    untilInterrupted((signal) => bench(files, options, signal)),
  );
}

function wholeNumbers(text: string): number[] {
  const numbers = text.split(',').map((part) => part.trim());
  if (numbers.includes('')) throw new InvalidArgumentError('expected whole numbers, as in 1,4,16.');
  return numbers.map(wholeNumber(1));
}

async function bench(files: string[], options: BenchCommandOptions, signal: AbortSignal): Promise<void> {
  const wish = chosenWish(options, { tags: '<asr>' });
  const recordings = await readRecordings(files);
  const { client, close } = await connect({ ...options, retry: { attempts: 1 } });
  try {
    for (const callers of options.concurrency) {
      const { live = false, seconds } = options;
      print(await measureLoad({ client, recordings, wish, callers, seconds, live, signal }), options);
    }
  } finally {
    await close();
  }
}

async function readRecordings(files: readonly string[]): Promise<BenchRecording[]> {
  const thread = startAudioThread();
  try {
    const recordings: BenchRecording[] = [];
    for (const file of files) {
      try {
        recordings.push(await readRecording(file, thread));
      } catch (error) {
        throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
      }
    }
    return recordings;
  } finally {
    await thread.close();
  }
}

function print(report: LoadReport, { json }: BenchCommandOptions): void {
  console.log(json ? JSON.stringify(report) : `${loadLines(report).join('\n')}\n`);
  if (Object.keys(report.failed).length > 0) process.exitCode = 1;
}
