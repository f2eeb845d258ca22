import type { Plan } from '@osum/client';
import { Command } from 'commander';
import colors from 'picocolors';
import { interpretEntrySchema, readManifest } from '../batch/manifest.js';
import { runBatch } from '../batch/run-batch.js';
import { untilInterrupted } from '../interrupt.js';
import { connect } from '../mesh/connect.js';
import { UsageError } from '../usage-error.js';
import { type MeshOptions, wholeNumber, withMeshOptions } from './shared-options.js';

const { bold, dim } = colors;

interface InterpretCommandOptions extends MeshOptions {
  json?: true;
  manifest?: string;
  out?: string;
  concurrency: number;
}

/** `osum interpret`: turns instructions into plans, without audio. */
export function interpretCommand(): Command {
  const command = new Command('interpret')
    .description('Turn instructions into task tags, without audio.')
    .argument('[instruction...]', 'what somebody wants to know, in plain words')
    .option('--json', 'one JSON object an instruction on standard output')
    .option('--manifest <in.jsonl>', 'a batch: each line holds `instruction`')
    .option(
      '--out <out.jsonl>',
      'the lines of the batch with `tags` and `score`, in order; an interrupted run goes on',
    )
    .option('--concurrency <n>', 'instructions at a time in a batch', wholeNumber(1), 16);
  return withMeshOptions(command).action((instructions: string[], options: InterpretCommandOptions) =>
    untilInterrupted((signal) => interpret(instructions, options, signal)),
  );
}

async function interpret(
  instructions: string[],
  options: InterpretCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  if (options.manifest !== undefined)
    return interpretManifest(options.manifest, instructions, options, signal);
  if (instructions.length === 0) throw new UsageError('give an instruction, or a --manifest');
  const { client, close } = await connect(options);
  try {
    for (const instruction of instructions) {
      try {
        printPlan(instruction, await client.interpret(instruction, { signal }), options);
      } catch (error) {
        signal.throwIfAborted();
        console.error(`osum: ${instruction}: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
  } finally {
    await close();
  }
}

function printPlan(instruction: string, plan: Plan, { json }: InterpretCommandOptions): void {
  const { tags, score } = plan;
  const passes = plan.passes.map((pass) => pass.tags);
  if (json) {
    console.log(JSON.stringify({ instruction, tags, score, passes }));
    return;
  }
  const fannedOut = passes.length > 1 ? dim(` in ${passes.length} passes: ${passes.join(' ')}`) : '';
  console.log(`${bold(tags)}  ${(score * 100).toFixed(1)} %${fannedOut}  ${dim(instruction)}`);
}

async function interpretManifest(
  manifest: string,
  instructions: string[],
  options: InterpretCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { out } = options;
  if (out === undefined) throw new UsageError('--manifest needs --out: the file of the plans');
  if (instructions.length > 0) throw new UsageError('give either instructions or a --manifest, not both');
  const entries = await readManifest(manifest, interpretEntrySchema);
  const { client, close } = await connect(options);
  try {
    const { answered, failed } = await runBatch({
      entries,
      out,
      key: ({ instruction }) => instruction,
      concurrency: options.concurrency,
      signal,
      async answer({ instruction }) {
        const { tags, score } = await client.interpret(instruction, { signal });
        return { tags, score };
      },
    });
    console.error(`${answered} plans in ${out}, ${failed} of them failures`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await close();
  }
}
