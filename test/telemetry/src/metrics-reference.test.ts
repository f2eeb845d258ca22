import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { knownSeries, servedMetrics, unknownIn } from './known-metrics.js';
import { metricEquivalents } from './metric-equivalents.js';
import { metricsReference, metricsReferencePath } from './metrics-reference.js';
import { type Services, serviceNames, startServices } from './services.js';
import { inRepository } from './tools/repository.js';

describe('the reference of metrics', () => {
  let services: Services;
  before(async () => {
    // Nothing listens there: the counters of spans are there all the same.
    services = await startServices({ otlpEndpoint: 'http://127.0.0.1:9' });
  });
  after(() => services.close());

  it('is what the running services have', async () => {
    assert.equal(
      await readFile(inRepository(metricsReferencePath), 'utf8'),
      metricsReference(services),
      'not current: npm run -w @osum/telemetry-tests write-metrics-reference',
    );
  });

  it('compares only metrics that there are with those of others', async () => {
    const series = await knownSeries(services);
    const families = new Map(
      serviceNames.flatMap((name) =>
        servedMetrics(services, name).map((metric) => [metric.name, new Set(metric.labels)] as const),
      ),
    );
    const unknown = metricEquivalents.flatMap(({ ours }) =>
      unknownIn(ours.replace(/\{(\w+)\}$/, '{$1=""}'), new Map([...families, ...series])),
    );
    assert.deepEqual(unknown, []);
  });

  it('every name says its unit as Prometheus wants it, and every metric has a sentence', () => {
    for (const service of serviceNames) {
      for (const { name, type, help } of servedMetrics(services, service)) {
        if (/^(process|nodejs)_/.test(name)) continue;
        assert.match(help, /^[A-Z0-9].*\.$/, `${name}: ${help}`);
        assert.doesNotMatch(name, /_(ms|milliseconds|us|mb|minutes)\b/, name);
        assert.equal(name.endsWith('_total'), type === 'counter', name);
      }
    }
  });

  it('every service offers its calls, its event loop, and its memory', async () => {
    for (const service of serviceNames) {
      const text = await services.metrics(service);
      for (const name of [
        'rpc_server_call_duration_seconds',
        'nodejs_eventloop_lag_p99_seconds',
        'process_resident_memory_bytes',
      ])
        assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'), `${service}: ${name}`);
      assert.match(text, /# EOF\n$/);
    }
  });
});
