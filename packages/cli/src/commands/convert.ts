import type { ConvertOptions, ConvertReport } from '@osum/convert';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { untilInterrupted } from '../interrupt.js';
import { UsageError } from '../usage-error.js';
import { wholeNumber } from './shared-options.js';

const { bold, dim, yellow } = colors;

interface ConvertCommandOptions {
  checkpoint: string;
  llm?: string;
  encoder?: string;
  out: string;
  dtype?: 'bf16' | 'int8' | 'fp32';
  stage?: ('encoder' | 'adapter' | 'decoder')[];
  replace?: true;
  check?: true;
  prompts: 'serving' | 'training';
  rope: 'bf16' | 'fp32';
  maxSeconds: number;
  encoderHeads?: number;
  adapterHeads?: number;
  loraAlpha?: number;
  leaveOut?: string[];
}

/** `osum convert`: makes a model package of published checkpoints. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('Make a model package of an OSUM-Pangu checkpoint. An interrupted conversion goes on.')
    .requiredOption(
      '--checkpoint <file>',
      'OSUM-Pangu: a .pt file, a .safetensors file, or a folder of either',
    )
    .option('--llm <folder>', 'openPangu-Embedded: config.json, tokenizer.model, safetensors')
    .option(
      '--encoder <file>',
      "a Whisper encoder (OpenAI's or Hugging Face's), for a checkpoint without one",
    )
    .requiredOption('--out <folder>', 'the package, which appears when it is whole')
    .addOption(
      new Option('--dtype <type>', 'how linear weights are stored (default: bf16)').choices([
        'bf16',
        'int8',
        'fp32',
      ]),
    )
    .addOption(
      new Option('--stage <stage...>', 'replace these stages of the package at --out').choices([
        'encoder',
        'adapter',
        'decoder',
      ]),
    )
    .option('--replace', 'put the package in the place of one that is there')
    .option('--check', 'only tell whether the checkpoint can be converted')
    .addOption(
      new Option('--prompts <set>', "upstream's: as it serves, or as it was trained")
        .choices(['serving', 'training'])
        .default('serving'),
    )
    .addOption(
      new Option('--rope <rounding>', 'rounding of the rotary frequencies; the published model ran with bf16')
        .choices(['bf16', 'fp32'])
        .default('bf16'),
    )
    .option('--max-seconds <seconds>', 'longest utterance, at most 400', seconds, 40)
    .option('--encoder-heads <n>', 'heads of the encoder (default: its width / 64)', wholeNumber(1))
    .option('--adapter-heads <n>', 'heads of the adapter (default: 4)', wholeNumber(1))
    .option('--lora-alpha <alpha>', "alpha of LoRA's scale alpha / rank (default: 32, for rank 64)", positive)
    .option('--leave-out <beginning...>', 'keys of the checkpoint to drop, by the beginning of their names')
    .action((options: ConvertCommandOptions) => untilInterrupted((signal) => convert(options, signal)));
}

async function convert(options: ConvertCommandOptions, signal: AbortSignal): Promise<void> {
  const { convertCheckpoint, ConvertError } = await import('@osum/convert');
  const { dtype, stage, check, rope, ...same } = options;
  const bar = progressBar();
  const conversion: ConvertOptions = {
    ...same,
    weights: dtype,
    stages: stage,
    checkOnly: check,
    ropeRounding: rope,
    signal,
    onProgress: ({ doneBytes, totalBytes, stage, tensor }) => {
      if (!bar.isActive) bar.start(totalBytes / 1e6, 0, { stage, tensor });
      bar.update(doneBytes / 1e6, { stage, tensor });
    },
  };
  let report: ConvertReport;
  try {
    report = await convertCheckpoint(conversion);
  } catch (error) {
    if (signal.aborted) throw new Error('interrupted; the same command goes on where it stopped');
    if (error instanceof ConvertError && error.fault === 'options') throw new UsageError(error.message);
    throw error;
  } finally {
    bar.stop();
  }
  for (const line of reportLines(report, check ?? false)) console.error(line);
  if (!check) console.log(report.out);
}

/** What was converted, left out and merged, for a person. */
function reportLines(report: ConvertReport, onlyChecked: boolean): string[] {
  const { out, bytes, tensors, resumed, unused, lora, notes } = report;
  const size = `${(bytes / 1e9).toFixed(3)} GB in ${tensors} tensors`;
  const goneOn = resumed > 0 ? `, ${resumed} of them from an earlier run` : '';
  return [
    onlyChecked ? bold(`can be converted: ${size}`) : bold(`${out}: ${size}${goneOn}`),
    lora === null ? dim('no LoRA') : dim(`LoRA of rank ${lora.rank} merged with scale ${lora.scale}`),
    ...[...unused].map(([why, count]) => dim(`left out: ${count} of ${why}`)),
    ...notes.map((note) => yellow(note)),
  ];
}

function progressBar(): SingleBar {
  return new SingleBar({
    stream: process.stderr,
    noTTYOutput: false,
    format: '{bar} {value}/{total} MB | ETA {eta_formatted} | {tensor}',
    hideCursor: true,
    gracefulExit: false,
    formatValue: (value, _options, type) =>
      type === 'value' || type === 'total' ? value.toFixed(0) : String(value),
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 400) return value;
  throw new InvalidArgumentError('expected 1 to 400 seconds.');
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number above 0.');
}
