import { isSpanContextValid, type Span } from '@opentelemetry/api';

/** The trace of a span as fields of a log line, under the names that OpenTelemetry gives them in formats of others; none without a trace. */
export function traceFields(span: Span | undefined): { trace_id?: string; span_id?: string } {
  const context = span?.spanContext();
  if (context === undefined || !isSpanContextValid(context)) return {};
  return { trace_id: context.traceId, span_id: context.spanId };
}
