import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { observabilityFile } from '@osum/observability';
import { openCollector } from './tools/collector.js';
import { orSkip } from './tools/or-skip.js';
import { startOtlpReceiver } from './tools/otlp-receiver.js';
import { until } from './tools/until.js';

const config = observabilityFile('collector/collector.yaml');
const backend = (url: string) => ({ OTLP_BACKEND: new URL(url).host, OTLP_BACKEND_INSECURE: 'true' });

test('the collector takes its configuration, and refuses it with a key that is none', async (context) => {
  const collector = await orSkip(context, openCollector);
  if (collector === undefined) return;
  const env = backend('http://127.0.0.1:4317');
  const { ok, output } = collector.validate(config, env);
  assert.ok(ok, output);
  assert.doesNotMatch(output, /deprecated/);
  const folder = await mkdtemp(join(tmpdir(), 'osum-collector-'));
  try {
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, (await readFile(config, 'utf8')).replace('decision_wait:', 'decision_weight:'));
    const refused = collector.validate(wrong, env);
    assert.ok(!refused.ok);
    assert.match(refused.output, /decision_weight/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('it keeps traces that failed, passes them on, and takes out words that a service put in', async (context) => {
  const collector = await orSkip(context, openCollector);
  if (collector === undefined) return;
  const store = await startOtlpReceiver();
  const running = await collector.start(config, { ...backend(store.grpcUrl), TRACE_DECISION_WAIT: '1s' });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'osum-decoder' }),
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: running.grpcUrl }))],
  });
  try {
    const attributes = {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.input.messages': 'zanzibarcanary',
      'gen_ai.output.messages': 'zanzibarcanary',
      'osum.instruction': 'zanzibarcanary',
    };
    const span = provider.getTracer('test').startSpan('generate_content osum-nano', { attributes });
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    await provider.forceFlush();
    const [kept] = await until(
      () => (store.spans().length > 0 ? store.spans() : undefined),
      () => 'the span did not come through the collector',
    );
    assert.equal(kept!.attributes['gen_ai.operation.name'], 'generate_content');
    assert.equal(kept!.service, 'osum-decoder');
    assert.ok(!store.text().includes('zanzibarcanary'));
  } finally {
    await provider.shutdown();
    await running.close();
    await store.close();
  }
});
