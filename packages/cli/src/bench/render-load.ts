import { tableLines } from '../plan/table.js';
import { timedStages } from '../render/timed-stages.js';
import type { LatencySummary } from './latencies.js';
import type { LoadReport } from './load.js';

const columns = ['p50', 'p90', 'p95', 'p99', 'mean', 'max'] as const;
const kinds = [
  ['plan', 'plan'],
  ['call', 'whole call'],
  ['partial', 'partial transcript'],
  ['result', 'result of an utterance'],
] as const;
const parts = ['queue', 'compute', 'transfer'] as const;

/** The report of a load for a person, as lines of Markdown; times in milliseconds. */
export function loadLines(report: LoadReport): string[] {
  const failed = Object.entries(report.failed).map(([cause, count]) => `, ${count} failed: ${cause}`);
  const rows = kinds.flatMap(([kind, name]) => {
    const summary = report.latencies[kind];
    return summary ? [[name, ...cells(summary)]] : [];
  });
  for (const stage of timedStages) {
    const timing = report.stages[stage];
    for (const part of timing ? parts : []) rows.push([`${stage}, ${part}`, ...cells(timing![part])]);
  }
  return [
    `${report.callers} at a time: ${report.answered} calls answered in ${report.seconds.toFixed(1)} s${failed.join('')}; ` +
      `${report.audioSecondsPerSecond.toFixed(1)} s of audio a second`,
    ...(rows.length > 0 ? ['', ...tableLines([['ms', 'count', ...columns], ...rows])] : []),
  ];
}

function cells(summary: LatencySummary): string[] {
  return [String(summary.count), ...columns.map((column) => milliseconds(summary[column]))];
}

function milliseconds(seconds: number): string {
  const ms = seconds * 1000;
  return ms < 10 ? ms.toFixed(2) : ms.toFixed(0);
}
