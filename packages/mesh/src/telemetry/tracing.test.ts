import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTelemetry } from './telemetry.js';
import { openTracing } from './tracing.js';

test('spans that their receiver does not take are counted as lost, and the log says so', async () => {
  process.env.OTEL_BSP_SCHEDULE_DELAY = '10';
  process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '200';
  const lines: string[] = [];
  const logDestination = { write: (line: string) => void lines.push(line) };
  const telemetry = createTelemetry({ name: 'test', logDestination });
  const tracing = await openTracing({ protocol: 'grpc', url: 'http://127.0.0.1:9' }, telemetry);
  tracing.tracer('test').startSpan('lost').end();
  await tracing.close();
  const spans = await telemetry.registry.getSingleMetricAsString('osum_trace_spans_total');
  assert.match(spans, /\{outcome="failed"\} 1$/m);
  assert.match(lines.join(''), /"msg":"the last spans were lost"/);
});
