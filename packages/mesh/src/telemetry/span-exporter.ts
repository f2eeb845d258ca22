import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ExporterChoice } from './exporter-choice.js';
import { counter, type MetricRegistry } from './metrics.js';

/** An exporter as chosen. Its library is loaded only now: a process without tracing does without it. */
export async function openSpanExporter({ protocol, url }: ExporterChoice): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-trace-otlp-grpc')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter(url === undefined ? {} : { url });
}

/** The exporter, with what becomes of spans counted: a receiver that is down shows in the metrics, not only in the log. */
export function countedExporter(exporter: SpanExporter, registry: MetricRegistry): SpanExporter {
  const spans = counter(
    { registry },
    {
      name: 'osum_trace_spans_total',
      help: 'Spans given to the OTLP receiver, by outcome: exported, or failed and lost.',
      labelNames: ['outcome'],
    },
  );
  for (const outcome of ['exported', 'failed']) spans.inc({ outcome }, 0);
  return {
    export(batch: ReadableSpan[], done: (result: ExportResult) => void) {
      exporter.export(batch, (result) => {
        const outcome = result.code === ExportResultCode.SUCCESS ? 'exported' : 'failed';
        spans.inc({ outcome }, batch.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
