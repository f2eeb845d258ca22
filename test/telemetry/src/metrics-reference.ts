import { type ServedMetric, servedMetrics } from './known-metrics.js';
import { metricEquivalents } from './metric-equivalents.js';
import { type ServiceName, type Services, serviceNames } from './services.js';

/** Where the reference is kept. */
export const metricsReferencePath = 'docs/metrics.md';

interface Section {
  readonly title: string;
  readonly about: string;
  readonly metrics: readonly ServedMetric[];
}

const stages: readonly ServiceName[] = ['features', 'encoder', 'adapter'];

/** The reference of all metrics, in Markdown, from what running services have registered. */
export function metricsReference(services: Services): string {
  const served = new Map<string, { metric: ServedMetric; by: ServiceName[] }>();
  for (const service of serviceNames) {
    for (const metric of servedMetrics(services, service)) {
      const entry = served.get(metric.name) ?? { metric, by: [] };
      entry.by.push(service);
      served.set(metric.name, entry);
    }
  }
  const all = [...served.values()].sort((a, b) => a.metric.name.localeCompare(b.metric.name));
  const isProcess = ({ name }: ServedMetric) => /^(process|nodejs)_/.test(name);
  const ours = all.filter(({ metric }) => !isProcess(metric));
  const of = (...names: readonly ServiceName[]) =>
    ours.filter(({ by }) => by.join() === names.join()).map(({ metric }) => metric);
  const sections: Section[] = [
    {
      title: 'Every service',
      about: 'Calls, by the RPC conventions of OpenTelemetry; spans; certificates.',
      metrics: of(...serviceNames),
    },
    {
      title: 'Services that call others: all but the decoder',
      about: 'Calls as their callers see them.',
      metrics: of(...stages, 'router', 'gateway'),
    },
    {
      title: 'Stages with a device: features, encoder, adapter, decoder',
      about: '`stage` is the name of the stage, `device` its number on the machine.',
      metrics: of(...stages, 'decoder'),
    },
    {
      title: 'Stages that batch: features, encoder, adapter',
      about: '`queue` is the name of the stage.',
      metrics: of(...stages),
    },
    { title: 'Decoder', about: 'The language model.', metrics: of('decoder') },
    {
      title: 'Router',
      about: '`tags` are task tags of the package, so their number is bounded.',
      metrics: of('router'),
    },
    { title: 'Gateway', about: "The doors for Riva's and OpenAI's clients.", metrics: of('gateway') },
    {
      title: 'Processes',
      about:
        'Of every service, by prom-client. The delay of the event loop holds the 10 ms between two looks at it.',
      metrics: all.map(({ metric }) => metric).filter(isProcess),
    },
  ];
  const missing = ours.filter(({ metric }) => !sections.some(({ metrics }) => metrics.includes(metric)));
  if (missing.length > 0) {
    const names = missing.map(({ metric, by }) => `${metric.name} (${by.join(', ')})`);
    throw new Error(`metrics of services that no section of the reference is for: ${names.join('; ')}`);
  }
  return [
    '# Metrics',
    '',
    'Generated from running services by `npm run generate:docs`; a test compares.',
    '',
    'Every service serves them at `http://<--operations>/metrics`, in OpenMetrics text. Times are in seconds, sizes in bytes.',
    'Labels hold nothing that a caller may choose freely: methods, routes and task tags are of closed lists, tenants those that the',
    'operator lists. Buckets of call durations keep the trace of an example (an exemplar), if traces are on.',
    ...sections.flatMap(sectionLines),
    ...equivalentLines(),
    '',
  ].join('\n');
}

function sectionLines({ title, about, metrics }: Section): string[] {
  return [
    '',
    `## ${title}`,
    '',
    about,
    '',
    '| metric | type | labels | meaning |',
    '| --- | --- | --- | --- |',
    ...metrics.map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |`,
    ),
  ];
}

function equivalentLines(): string[] {
  const code = (name: string | undefined) => (name === undefined ? '' : `\`${name}\``);
  return [
    '',
    '## Names of others',
    '',
    'The same quantities elsewhere, for dashboards and autoscalers that know those.',
    '',
    '| here | vLLM | Triton | OpenTelemetry GenAI |',
    '| --- | --- | --- | --- |',
    ...metricEquivalents.map(
      ({ ours, vllm, triton, genAi }) =>
        `| ${code(ours)} | ${code(vllm)} | ${code(triton)} | ${code(genAi)} |`,
    ),
  ];
}
