import { Command, InvalidArgumentError, Option } from 'commander';
import { type Abilities, abilitiesOf } from '../eval/abilities.js';
import { answerQuestions } from '../eval/answer-questions.js';
import { chooseQuestions } from '../eval/choose-questions.js';
import { readInstructions } from '../eval/natural-instructions.js';
import { packageScores, requireSamePackage, writePackageScores } from '../eval/package-scores.js';
import { readLines } from '../eval/read-lines.js';
import { type Rubrics, readRubrics, shippedRubrics } from '../eval/read-rubrics.js';
import { type ScoredTask, scoredTasks } from '../eval/reference.js';
import { reportLines } from '../eval/render-report.js';
import { type EvalReport, type Outcome, reportOf } from '../eval/report.js';
import { createScorings, type Scorings } from '../eval/task-scorings.js';
import { untilInterrupted } from '../interrupt.js';
import { connect } from '../mesh/connect.js';
import { UsageError } from '../usage-error.js';
import { type MeshOptions, wholeNumber, withMeshOptions } from './shared-options.js';

interface EvalCommandOptions extends MeshOptions {
  tasks?: ScoredTask[];
  natural?: true;
  instructions?: string;
  compare?: true;
  rubric: string;
  includeUntrained?: true;
  limit: number;
  seed: number;
  out?: string;
  json?: true;
  concurrency: number;
  writeScores?: string;
}

/** `osum eval`: scores labelled manifests through a mesh. */
export function evalCommand(): Command {
  const command = new Command('eval')
    .description(
      'Score labelled manifests through a mesh: errors of words, labels, word times, instructions.',
    )
    .argument('<manifest...>', 'JSON lines with `audio` or `instruction`, and what is true of it')
    .option('--tasks <list>', `score these only, of ${scoredTasks.join(',')}`, taskList)
    .option('--natural', 'ask in words instead of tags, drawn from --instructions by their tags')
    .option('--instructions <list.jsonl>', 'instructions, each with the tags that it means')
    .option('--compare', 'ask by tags what is asked in words as well, and tell the difference')
    .addOption(
      new Option(
        '--rubric <intents.jsonl>',
        'what replies must be like, by the intent of what was said',
      ).default(shippedRubrics, "the shipped chat domain's"),
    )
    .option('--include-untrained', 'score labels that the package was not trained on: they are always wrong')
    .addOption(
      new Option('--limit <n>', 'lines of a set, drawn by chance')
        .argParser(wholeNumber(1))
        .default(Number.POSITIVE_INFINITY, 'all'),
    )
    .option('--seed <n>', 'of everything that is drawn', wholeNumber(0), 777)
    .option('--out <results.jsonl>', 'each answer with its errors, in order; an interrupted run goes on')
    .option('--json', 'the full report as JSON on standard output')
    .option('--concurrency <n>', 'questions at a time', wholeNumber(1), 8)
    .option('--write-scores <package>', 'put the scores into the model.json of this model package');
  return withMeshOptions(command).action((manifests: string[], options: EvalCommandOptions) =>
    untilInterrupted((signal) => evaluate(manifests, options, signal)),
  );
}

function taskList(text: string): ScoredTask[] {
  const names = text.split(',').map((name) => name.trim().replace(/^<|>$/g, ''));
  const tasks = scoredTasks.filter((task) => names.includes(task));
  const unknown = names.filter((name) => !(tasks as string[]).includes(name));
  if (unknown.length === 0) return tasks;
  throw new InvalidArgumentError(
    `there is no task ${unknown.join(' or ')}: expected some of ${scoredTasks.join(', ')}.`,
  );
}

async function evaluate(
  manifests: string[],
  options: EvalCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  requireSensible(options);
  const { seed, concurrency, tasks = scoredTasks, writeScores } = options;
  const lines = await readLines(manifests, options);
  const instructions = options.natural && (await readInstructions(options.instructions ?? ''));
  const hasChat = lines.some(({ entry }) => entry.reference.chat !== undefined);
  const rubrics: Rubrics = hasChat && tasks.includes('chat') ? await readRubrics(options.rubric) : new Map();
  const scorings = createScorings(rubrics);
  const { client, close } = await connect(options);
  try {
    const abilities = abilitiesOf(await client.describe({ signal }));
    requireSupported(options.tasks ?? [], abilities);
    if (writeScores !== undefined) await requireSamePackage(writeScores, abilities);
    const { questions, leftOut } = chooseQuestions(lines, abilities, {
      tasks,
      instructions,
      rubrics,
      seed,
      compare: options.compare === true,
      includeUntrained: options.includeUntrained === true,
    });
    for (const sentence of leftOut) console.error(sentence);
    const { outcomes, ...speed } = await answerQuestions({
      questions,
      client,
      scorings,
      concurrency,
      out: options.out,
      signal,
    });
    const { model, version } = abilities;
    const report = reportOf(outcomes, scorings, { model, version, seed, ...speed });
    printReport(report, options);
    if (writeScores !== undefined) await writeScoresOf(outcomes, scorings, report, writeScores);
  } finally {
    await close();
  }
}

function requireSensible({ natural, instructions, writeScores }: EvalCommandOptions): void {
  if (natural && instructions === undefined) {
    throw new UsageError('--natural needs --instructions: the list that the words are drawn from');
  }
  if (!natural && instructions !== undefined) {
    throw new UsageError('--instructions goes with --natural: questions are asked by tags otherwise');
  }
  if (natural && writeScores !== undefined) {
    throw new UsageError('--write-scores goes without --natural: packages state their scores by tags');
  }
}

function requireSupported(tasks: readonly ScoredTask[], { model, supported }: Abilities): void {
  const missing = tasks.filter((task) => task !== 'intent' && !supported.has(task));
  if (missing.length === 0) return;
  throw new UsageError(
    `--tasks ${missing.join(',')}: ${model} cannot do that, but ${[...supported].join(', ')}`,
  );
}

function printReport(report: EvalReport, { json }: EvalCommandOptions): void {
  console.log(json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
  for (const { manifest, line, audio, error } of report.failures) {
    console.error(`osum: ${manifest}:${line}: ${audio === undefined ? '' : `${audio}: `}${error}`);
  }
  if (report.failures.length > 0) process.exitCode = 1;
}

async function writeScoresOf(
  outcomes: readonly Outcome[],
  scorings: Scorings,
  { seed, failures }: EvalReport,
  folder: string,
): Promise<void> {
  if (failures.length > 0) {
    console.error(`osum: scores are not written to ${folder}: ${failures.length} questions have no answer`);
    return;
  }
  const placed = packageScores(outcomes, scorings, seed);
  await writePackageScores(folder, placed);
  console.error(`${placed.flatMap(({ scores }) => scores).length} scores written to ${folder}`);
}
