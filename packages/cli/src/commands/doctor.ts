import type { DoctorReport } from '@osum/device';
import { Command } from 'commander';
import colors from 'picocolors';
import { type PlanOptions, planOptions } from '../plan/plan-options.js';
import { UsageError } from '../usage-error.js';

const { bold, dim, green, red, yellow } = colors;

const gibibyte = 2 ** 30;

interface DoctorOptions extends Omit<PlanOptions, 'plan'> {
  json?: true;
  plan?: string;
}

/**
 * `osum doctor`: which device a mesh on this machine would take, and why. Exit code 1 when there is none.
 * `osum doctor --plan`: what of a model fits on a device, computed from `model.json` alone.
 */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Explain which device this machine computes on, and what is missing; or plan one.')
    .option('--json', 'the report as JSON');
  const ofPlan = planOptions();
  for (const option of ofPlan) command.addOption(option);
  return command.action(async (options: DoctorOptions) => {
    const { json, plan } = options;
    if (plan !== undefined) {
      await printPlan({ ...options, plan }, json ?? false);
      return;
    }
    const stray = ofPlan.find((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
    if (stray !== undefined) throw new UsageError(`${stray.long} goes with --plan: which model?`);
    const { doctor } = await import('@osum/device');
    const report = await doctor();
    console.log(json ? JSON.stringify(report, null, 2) : doctorLines(report).join('\n'));
    if (report.backend === null) process.exitCode = 1;
  });
}

async function printPlan(options: PlanOptions, json: boolean): Promise<void> {
  const [{ plannedModel }, { plannedDevices }, { comparisonLines, planLines, planReports }] =
    await Promise.all([
      import('../plan/planned-model.js'),
      import('../plan/planned-devices.js'),
      import('../plan/plan-report.js'),
    ]);
  const model = await plannedModel(options.plan);
  const reports = planReports(model, await plannedDevices(options), options);
  if (json) console.log(JSON.stringify(reports, null, 2));
  else if (reports.length > 1) console.log(comparisonLines(model, reports, options).join('\n'));
  else console.log(planLines(model, reports[0]!, options).join('\n'));
}

/** The report for a person. */
export function doctorLines(report: DoctorReport): string[] {
  const { backend, problem, why, devices, addon, kernels, advice } = report;
  const verdict =
    backend === null
      ? red(`no device: ${problem ?? 'unknown reason'}`)
      : green(backend.kind === 'npu' ? `NPU ${backend.soc}` : `CPU, emulating ${backend.soc}`);
  const facts: [string, string][] = [
    ['device', verdict],
    ...(kernels === null ? [] : [['kernels', kernels] as [string, string]]),
    ...(backend?.version ? [['version', backend.version] as [string, string]] : []),
    ...(backend ? backend.libraries.map((library): [string, string] => ['library', library]) : []),
    ['addon', addon],
    ['node', process.version],
    ...devices.map(({ name, freeBytes, totalBytes }): [string, string] => [
      name,
      `${(freeBytes / gibibyte).toFixed(1)} of ${(totalBytes / gibibyte).toFixed(1)} GiB free`,
    ]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return [
    ...facts.map(([name, value]) => `${bold(name.padEnd(width))}${value}`),
    '',
    ...why.map((sentence) => dim(`· ${sentence}`)),
    ...(advice.length === 0 ? [] : ['', ...advice.map((sentence) => yellow(`→ ${sentence}`))]),
  ];
}
