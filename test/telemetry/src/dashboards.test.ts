import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createOsumClient } from '@osum/client';
import { dashboards, observabilityFile } from '@osum/observability';
import { knownSeries, unknownIn } from './known-metrics.js';
import { type Services, serviceNames, startServices } from './services.js';
import { orSkip } from './tools/or-skip.js';
import { type PrometheusProcess, startPrometheus } from './tools/prometheus.js';
import { inRepository } from './tools/repository.js';
import { until } from './tools/until.js';

const audio = inRepository('test/recordings/hold-fast.ogg');

/** A query of a dashboard. */
interface BoardQuery {
  readonly board: string;
  readonly panel: string;
  readonly expr: string;
}

/** The queries of the committed dashboards. */
async function boardQueries(): Promise<BoardQuery[]> {
  const names = await readdir(observabilityFile('dashboards'));
  const queries: BoardQuery[] = [];
  for (const board of names) {
    const { panels } = JSON.parse(await readFile(observabilityFile(`dashboards/${board}`), 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) queries.push({ board, panel: title, expr });
  }
  return queries;
}

describe('the Grafana dashboards', () => {
  let services: Services;
  before(async () => {
    // Nothing listens there: the counters of spans are there all the same.
    services = await startServices({ otlpEndpoint: 'http://127.0.0.1:9' });
  });
  after(() => services.close());

  it('the JSON files are what their source makes', async () => {
    assert.deepEqual(
      (await readdir(observabilityFile('dashboards'))).map((name) => `dashboards/${name}`).sort(),
      Object.keys(dashboards).sort(),
    );
    for (const [path, dashboard] of Object.entries(dashboards)) {
      const committed = await readFile(observabilityFile(path), 'utf8');
      assert.equal(
        committed,
        `${JSON.stringify(dashboard, null, 2)}\n`,
        `${path} is not current: npm run -w @osum/observability generate`,
      );
    }
  });

  it('they read only metrics and labels that the services have', async () => {
    const series = await knownSeries(services);
    const unknown = (await boardQueries()).flatMap(({ board, panel, expr }) =>
      unknownIn(expr, series).map((complaint) => `${board}, ${panel}: ${complaint}`),
    );
    assert.deepEqual(unknown, []);
    assert.ok(series.has('osum_server_active_calls'), 'the list of jobs is taken from it');
  });

  it('every metric of ours is on a dashboard', async () => {
    const shown = (await boardQueries()).map(({ expr }) => expr).join('\n');
    const ours = serviceNames.flatMap((name) =>
      services
        .telemetry(name)
        .registry.getMetricsAsArray()
        .map((metric) => metric.name),
    );
    const hidden = new Set(ours.filter((name) => /^(osum|rpc|http)_/.test(name) && !shown.includes(name)));
    assert.deepEqual([...hidden], []);
  });

  it('a real Prometheus scrapes every service, and answers every query with what it found', async (context) => {
    const targets = Object.fromEntries(
      serviceNames.map((name) => [`osum-${name}`, services.operations[name]]),
    );
    const rules = ['recording-rules.yaml', 'alerts.yaml'].map((name) =>
      observabilityFile(`prometheus/${name}`),
    );
    const prometheus = await orSkip(context, () => startPrometheus(targets, rules));
    if (prometheus === undefined) return;
    const client = createOsumClient({ address: services.router.address });
    try {
      await until(
        async () => (await scraped(prometheus)) || undefined,
        () => 'Prometheus did not reach every service',
        60_000,
      );
      for (const tags of ['<asr>', '<asr><gender>']) await client.understand({ audio, tags });
      await client.understand({ audio, instruction: 'Please write down what is said.' });
      const form = new FormData();
      form.set('model', 'osum-nano');
      form.set('file', new Blob([await readFile(audio)]), 'audio.ogg');
      const url = `http://${services.gateway.httpAddress}/v1/audio/transcriptions`;
      assert.equal((await fetch(url, { method: 'POST', body: form })).status, 200);
      const silent = new Set((await boardQueries()).map(({ expr }) => expr));
      await until(
        async () => {
          for (const expr of silent) if ((await answers(prometheus, expr)) > 0) silent.delete(expr);
          return (
            [...silent].every((expr) => needsTrouble.some((metric) => expr.includes(metric))) || undefined
          );
        },
        () => `queries without an answer:\n${[...silent].join('\n')}`,
        60_000,
      );
      const recorded = await prometheus.query('osum:audio_seconds:rate5m > 0');
      assert.equal(recorded.length, 1, 'recording rules are evaluated');
    } finally {
      client.close();
      await prometheus.close();
    }
  });
});

/**
 * What has no series until something goes wrong: which tags, methods, statuses and tenants, nobody knows before; and what has none in
 * plaintext.
 */
const needsTrouble = [
  'osum_router_tag_mismatches_total',
  'error_type!=""',
  'osum_router_tenant_refusals_total',
  'osum_tls_',
];

async function scraped(prometheus: PrometheusProcess): Promise<boolean> {
  return (await prometheus.query('up == 1')).length === serviceNames.length;
}

async function answers(prometheus: PrometheusProcess, expr: string): Promise<number> {
  const series = await prometheus.query(expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*'));
  return series.length;
}
