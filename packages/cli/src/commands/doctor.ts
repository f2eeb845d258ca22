import type { DoctorReport } from '@osum/device';
import { Command } from 'commander';
import colors from 'picocolors';

const { bold, dim, green, red, yellow } = colors;

const gibibyte = 2 ** 30;

/** `osum doctor`: which device a mesh on this machine would take, and why. Exit code 1 when there is none. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Explain which device this machine computes on, and what is missing.')
    .option('--json', 'the report as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { doctor } = await import('@osum/device');
      const report = await doctor();
      console.log(json ? JSON.stringify(report, null, 2) : doctorLines(report).join('\n'));
      if (report.backend === null) process.exitCode = 1;
    });
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
