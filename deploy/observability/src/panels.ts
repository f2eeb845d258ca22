import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { prometheusSource } from './prometheus-source.js';

/** One line, or one a series, of a panel. */
export interface Query {
  /** PromQL; `job` stands for the chosen jobs, see `inJobs`. */
  readonly expr: string;
  /** Name of each series, with labels as `{{label}}`. */
  readonly legend: string;
  /** Whether to show the traces that the histogram keeps as examples. */
  readonly exemplars?: boolean;
}

/** What a panel shows. */
export interface PanelParts {
  readonly title: string;
  /** What it tells, and what to do about it. */
  readonly description: string;
  /** Grafana's name of a unit, such as `s`, `bytes`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Whether the series add up to something. Default: false. */
  readonly stacked?: boolean;
  /** Upper end of the axis. */
  readonly max?: number;
}

const height = 8;
const width = 8;
const statWidth = 4;

/** Label matchers for the chosen jobs, with further ones. */
export function inJobs(...matchers: string[]): string {
  return `{${['job=~"$job"', ...matchers].join(', ')}}`;
}

/** Per second, over a time that fits the step of the graph. */
export function rate(metric: string, ...matchers: string[]): string {
  return `rate(${metric}${inJobs(...matchers)}[$__rate_interval])`;
}

/** A quantile of a histogram, for each combination of `labels`. */
export function quantile(
  q: number,
  metric: string,
  labels: readonly string[] = [],
  ...matchers: string[]
): string {
  const by = ['le', ...labels].join(', ');
  return `histogram_quantile(${q}, sum by (${by}) (${rate(`${metric}_bucket`, ...matchers)}))`;
}

/** The mean of what a histogram observed, for each combination of `labels`. */
export function mean(metric: string, labels: readonly string[] = []): string {
  const by = labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
  return `sum${by} (${rate(`${metric}_sum`)}) / sum${by} (${rate(`${metric}_count`)})`;
}

/** A graph over time. */
export function graph(parts: PanelParts): TimeSeriesBuilder {
  const builder = new TimeSeriesBuilder()
    .title(parts.title)
    .description(parts.description)
    .datasource(prometheusSource)
    .unit(parts.unit)
    .min(0)
    .height(height)
    .span(width)
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(parts.stacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (parts.stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (parts.max !== undefined) builder.max(parts.max);
  for (const query of parts.queries) builder.withTarget(target(query).range());
  return builder;
}

/** One number: the latest. */
export function stat(parts: PanelParts): StatBuilder {
  const builder = new StatBuilder()
    .title(parts.title)
    .description(parts.description)
    .datasource(prometheusSource)
    .unit(parts.unit)
    .height(height / 2)
    .span(statWidth);
  for (const query of parts.queries) builder.withTarget(target(query).instant());
  return builder;
}

function target({ expr, legend, exemplars }: Query): DataqueryBuilder {
  const builder = new DataqueryBuilder().datasource(prometheusSource).expr(expr).legendFormat(legend);
  return exemplars ? builder.exemplar(true) : builder;
}
