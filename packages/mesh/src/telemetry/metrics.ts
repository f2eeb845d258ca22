import { isSpanContextValid, type Span, TraceFlags } from '@opentelemetry/api';
import type { HistogramConfiguration, OpenMetricsContentType, Registry } from 'prom-client';
import { Counter, type CounterConfiguration, Gauge, type GaugeConfiguration, Histogram } from 'prom-client';

type Named<Config> = Omit<Config, 'registers'>;
interface HasRegistry {
  readonly registry: MetricRegistry;
}

/** Metrics of a process, in the format that has a place for the trace of an example: OpenMetrics. */
export type MetricRegistry = Registry<OpenMetricsContentType>;

/** The counter of this name in the registry, made on first use. Names end in `_total`. */
export function counter<L extends string>(
  { registry }: HasRegistry,
  config: Named<CounterConfiguration<L>>,
): Counter<L> {
  const made = registry.getSingleMetric(config.name) as Counter<L> | undefined;
  return made ?? new Counter({ ...config, registers: [registry] });
}

/** The gauge of this name in the registry, made on first use. */
export function gauge<L extends string>(
  { registry }: HasRegistry,
  config: Named<GaugeConfiguration<L>>,
): Gauge<L> {
  const made = registry.getSingleMetric(config.name) as Gauge<L> | undefined;
  return made ?? new Gauge({ ...config, registers: [registry] });
}

/** The histogram of this name in the registry, made on first use. Names end in a base unit: `_seconds`, `_bytes`. */
export function histogram<L extends string>(
  { registry }: HasRegistry,
  config: Named<HistogramConfiguration<L>>,
): Histogram<L> {
  const made = registry.getSingleMetric(config.name) as Histogram<L> | undefined;
  return made ?? new Histogram({ ...config, registers: [registry] });
}

/**
 * Observes a value of a histogram made with `enableExemplars`, and leaves the trace of `span` as the bucket's exemplar if it is
 * recorded: a dashboard leads from a slow call to its trace.
 */
export function observeWithTrace<L extends string>(
  metric: Histogram<L>,
  labels: Partial<Record<L, string>>,
  value: number,
  span: Span | undefined,
): void {
  const context = span?.spanContext();
  const recorded =
    context !== undefined && isSpanContextValid(context) && (context.traceFlags & TraceFlags.SAMPLED) !== 0;
  metric.observe({
    labels,
    value,
    ...(recorded && { exemplarLabels: { trace_id: context.traceId, span_id: context.spanId } }),
  } as never);
}

/** Buckets of the RPC semantic conventions for call durations, in seconds. */
export const callSecondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
