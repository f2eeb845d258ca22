import type { Measured } from '@osum/eval';
import colors from 'picocolors';
import stringWidth from 'string-width';
import type { ComparedMetric } from './comparison.js';
import { type ScoredTask, scoredTasks } from './reference.js';
import type { EvalReport, SetReport } from './report.js';
import type { Metrics } from './scoring.js';

const { bold, dim, red, yellow } = colors;

/** The metrics that the table shows, by the task, and how they are called there. */
const shown: Readonly<Record<ScoredTask, Readonly<Record<string, string>>>> = {
  asr: { wer: 'WER', cer: 'CER' },
  align: {
    startMedianMs: 'start',
    startP90Ms: 'p90',
    startsWithin100Ms: '≤100 ms',
    startsWithin200Ms: '≤200 ms',
  },
  chat: { rubric: 'fits' },
  caption: { accuracy: 'accuracy', macroAccuracy: 'macro' },
  age: { accuracy: 'accuracy', macroAccuracy: 'macro' },
  gender: { accuracy: 'accuracy', macroAccuracy: 'macro' },
  style: { accuracy: 'accuracy', macroAccuracy: 'macro' },
  emotion: { accuracy: 'accuracy', macroAccuracy: 'macro' },
  intent: { exactTags: 'exact tags' },
};

/** The report for a person, as lines. */
export function reportLines(report: EvalReport): string[] {
  const sets = Object.entries(report.sets);
  const rows = sets.flatMap(([set, scores]) => scoreRows(set, scores));
  if (sets.length > 1) rows.push(...scoreRows('total', report.total));
  return [
    `${bold(`${report.model} ${report.version}`)} ${dim('(95 % intervals)')}`,
    ...table(['set', 'task', 'n', 'scores'], rows),
    ...groupLines(report.total),
    ...comparisonLines(report),
    ...worstLines(report),
    ...speedLines(report),
  ];
}

function scoreRows(set: string, { tasks }: SetReport): string[][] {
  return scoredTasks.flatMap((task) => {
    const report = tasks[task];
    if (report === undefined) return [];
    const failed = report.failed > 0 ? red(`  ${report.failed} failed`) : '';
    return [[set, task, `${report.utterances}`, `${metricsText(task, report.metrics)}${failed}`]];
  });
}

function metricsText(task: ScoredTask, metrics: Metrics): string {
  return Object.entries(shown[task])
    .flatMap(([metric, name]) => {
      const measured = metrics[metric];
      return measured === undefined ? [] : [`${name} ${measuredText(metric, measured)}`];
    })
    .join('  ');
}

function measuredText(metric: string, { value, low, high }: Measured): string {
  if (value === null) return '–';
  const interval =
    low === null || high === null ? '' : dim(` [${plain(metric, low)}, ${plain(metric, high)}]`);
  return `${bold(plain(metric, value))}${isShare(metric) ? ' %' : ' ms'}${interval}`;
}

function isShare(metric: string): boolean {
  return !/Median|P90/.test(metric);
}

function plain(metric: string, value: number): string {
  return isShare(metric) ? (value * 100).toFixed(1) : value.toFixed(0);
}

/** Scores of groups, where there are several to tell apart. */
function groupLines({ tasks }: SetReport): string[] {
  const rows = scoredTasks.flatMap((task) =>
    Object.entries(tasks[task]?.groups ?? {}).flatMap(([by, groups]) => {
      const members = Object.entries(groups);
      if (members.length < 2) return [];
      return members.map(([name, { utterances, metrics }]) => [
        `${by} ${name}`,
        task,
        `${utterances}`,
        metricsText(task, metrics),
      ]);
    }),
  );
  return rows.length === 0 ? [] : ['', ...table(['group', 'task', 'n', 'scores'], rows)];
}

function comparisonLines({ comparison }: EvalReport): string[] {
  if (comparison === undefined) return [];
  const sets = Object.entries(comparison.sets);
  const all = sets.length > 1 ? [...sets, ['total', comparison.total] as const] : sets;
  const rows = all.flatMap(([set, tasks]) =>
    scoredTasks.flatMap((task) =>
      Object.entries(tasks[task] ?? {}).flatMap(([metric, compared]) => {
        const name = shown[task][metric];
        return name === undefined ? [] : [[set, task, name, ...comparedCells(metric, compared)]];
      }),
    ),
  );
  return ['', ...table(['set', 'task', 'metric', 'by tags', 'by instructions', 'difference'], rows)];
}

function comparedCells(metric: string, { tags, instructions, difference }: ComparedMetric): string[] {
  return [
    measuredText(metric, { ...tags, low: null }),
    measuredText(metric, { ...instructions, low: null }),
    measuredText(metric, difference).replace(' %', ' points'),
  ];
}

function worstLines({ worst: { confusions, transcripts } }: EvalReport): string[] {
  const confused = confusions.map(({ task, expected, given, count, of }) => [
    task,
    expected,
    given,
    `${count} of ${of}`,
  ]);
  const misheard = transcripts.flatMap(({ set, audio, line, errors, reference, hypothesis }) => [
    `${bold(audio)} ${dim(`${set}, line ${line}, ${errors} errors`)}`,
    `  said   ${reference}`,
    `  heard  ${hypothesis === '' ? yellow('nothing') : hypothesis}`,
  ]);
  return [
    ...(confused.length > 0 ? ['', ...table(['task', 'expected', 'given', 'confusions'], confused)] : []),
    ...(misheard.length > 0 ? ['', dim('transcripts with the most errors'), ...misheard] : []),
  ];
}

function speedLines({ total, speed }: EvalReport): string[] {
  const { audioSeconds, wallSeconds, realTimeFactor, medianSeconds, p90Seconds, concurrency } = speed;
  const asked = `${total.asked} questions, ${total.failed} without an answer, ${total.incomplete} answers out of form`;
  const factor =
    realTimeFactor === null
      ? ''
      : `; ${audioSeconds.toFixed(0)} s of audio in ${wallSeconds.toFixed(1)} s: RTF ${realTimeFactor.toFixed(3)} with ${concurrency} at a time`;
  const latency =
    medianSeconds === null || p90Seconds === null
      ? ''
      : `; an answer takes ${medianSeconds.toFixed(2)} s (median), ${p90Seconds.toFixed(2)} s (p90)`;
  return ['', dim(`${asked}${factor}${latency}`)];
}

/** Cells in columns; a cell that repeats the first one of the row above is left empty. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, column) =>
    Math.max(...[head, ...rows].map((row) => stringWidth(row[column] ?? name))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat(widths[column]! - stringWidth(cell)),
      )
      .join('  ');
  return [
    dim(line(head)),
    ...rows.map((row, index) =>
      line(row.map((cell, column) => (column === 0 && rows[index - 1]?.[0] === cell ? '' : cell))),
    ),
  ];
}
