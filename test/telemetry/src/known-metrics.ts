import { readFile } from 'node:fs/promises';
import { observabilityFile } from '@osum/observability';
import { parse } from 'yaml';
import { promqlUse } from './promql.js';
import { type ServiceName, type Services, serviceNames } from './services.js';

/** A metric of a running service, from its registry. */
export interface ServedMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper ends of the buckets of a histogram. */
  readonly buckets: readonly number[];
}

/** The metrics of a service, as it registered them. */
export function servedMetrics(services: Services, name: ServiceName): ServedMetric[] {
  const { registry } = services.telemetry(name);
  return registry.getMetricsAsArray().map((metric) => {
    // prom-client keeps these to itself, and takes `_total` off a counter's name once it was printed.
    const { labelNames, upperBounds, type } = metric as unknown as {
      labelNames: string[];
      upperBounds?: number[];
      type: ServedMetric['type'];
    };
    const printed = metric.name.replace(/_total$/, '');
    return {
      name: type === 'counter' ? `${printed}_total` : metric.name,
      type,
      help: metric.help,
      labels: labelNames.filter((label) => label !== 'le'),
      buckets: upperBounds ?? [],
    };
  });
}

/** Series that queries may read, with their labels: those of all services, those of recording rules, and what a scrape adds. */
export async function knownSeries(services: Services): Promise<Map<string, ReadonlySet<string>>> {
  const scraped = ['job', 'instance'];
  const series = new Map<string, ReadonlySet<string>>([['up', new Set(scraped)]]);
  for (const service of serviceNames) {
    for (const { name, type, labels } of servedMetrics(services, service)) {
      const plain = new Set([...labels, ...scraped]);
      if (type === 'histogram') {
        series.set(`${name}_bucket`, new Set([...plain, 'le']));
        series.set(`${name}_sum`, plain);
        series.set(`${name}_count`, plain);
      } else {
        series.set(name, plain);
      }
    }
  }
  for (const { record, expr } of await rulesOf('prometheus/recording-rules.yaml')) {
    series.set(record!, new Set(promqlUse(expr).grouping));
  }
  return series;
}

/** A rule of a Prometheus rule file. */
export interface PrometheusRule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The rules of a file of deploy/observability. */
export async function rulesOf(path: string): Promise<PrometheusRule[]> {
  const file = parse(await readFile(observabilityFile(path), 'utf8')) as {
    groups: { rules: PrometheusRule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}

/** What of an expression no service offers: one sentence each. */
export function unknownIn(expr: string, series: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const { selectors, grouping } = promqlUse(expr);
  const unknown: string[] = [];
  const offered = new Set<string>();
  for (const { metric, labels } of selectors) {
    const known = series.get(metric);
    if (known === undefined) {
      unknown.push(`no service has the metric ${metric}`);
      continue;
    }
    for (const label of known) offered.add(label);
    for (const label of labels)
      if (!known.has(label)) unknown.push(`${metric} has no label ${label}, only ${[...known].join(', ')}`);
  }
  for (const label of grouping)
    if (!offered.has(label))
      unknown.push(`${selectors.map(({ metric }) => metric).join(', ')}: no label ${label}`);
  return unknown;
}
