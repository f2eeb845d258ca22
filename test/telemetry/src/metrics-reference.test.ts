import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createOsumClient } from '@osum/client';
import { knownSeries, servedMetrics, unknownIn } from './known-metrics.js';
import { metricEquivalents } from './metric-equivalents.js';
import { metricsReference, metricsReferencePath } from './metrics-reference.js';
import { type ServiceName, type Services, serviceNames, startServices } from './services.js';
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
      'not current: npm run generate:docs',
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

  it('an utterance is counted by every service: time by part, batch, audio, real-time factor, tokens, memory', async () => {
    const client = createOsumClient({ address: services.router.address });
    await client.understand({ audio: inRepository('test/recordings/hold-fast.ogg'), tags: '<asr>' });
    client.close();
    const counted = async (service: ServiceName, series: string) => {
      const line = (await services.metrics(service))
        .split('\n')
        .find((text) => text.startsWith(`${series} `));
      return Number(line?.split(' ')[1]);
    };
    for (const stage of ['features', 'encoder', 'adapter', 'decoder'] as const) {
      for (const series of [
        `osum_stage_seconds_count{stage="${stage}",part="queue"}`,
        `osum_stage_seconds_sum{stage="${stage}",part="compute"}`,
        `osum_stage_real_time_factor_sum{stage="${stage}"}`,
        `osum_stage_compute_seconds_total{stage="${stage}"}`,
        'osum_device_memory_bytes{device="0",state="used"}',
      ])
        assert.ok((await counted(stage, series)) > 0, series);
      const audioSeconds = await counted(stage, `osum_stage_audio_seconds_total{stage="${stage}"}`);
      assert.ok(Math.abs(audioSeconds - 4.88) < 0.1, `${stage}: ${audioSeconds}`);
      const batched =
        stage === 'decoder' ? 'osum_decoder_step_sequences_sum' : `osum_batch_entries_sum{queue="${stage}"}`;
      assert.ok((await counted(stage, batched)) >= 1, batched);
    }
    for (const series of [
      'osum_decoder_time_to_first_token_seconds_sum',
      'osum_decoder_inter_token_seconds_sum',
      'osum_decoder_kv_blocks{use="free"}',
      'osum_decoder_tokens_total{kind="generated"}',
    ])
      assert.ok((await counted('decoder', series)) > 0, series);
    assert.ok((await counted('router', 'osum_router_real_time_factor_sum')) > 0);
    assert.ok((await counted('router', 'osum_router_audio_seconds_total')) > 4);
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
