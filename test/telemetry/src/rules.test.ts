import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { observabilityFile } from '@osum/observability';
import { parse } from 'yaml';
import { knownSeries, rulesOf, unknownIn } from './known-metrics.js';
import { type Services, startServices } from './services.js';
import { orSkip } from './tools/or-skip.js';
import { openPromtool } from './tools/prometheus.js';
import { inRepository } from './tools/repository.js';

const folder = observabilityFile('prometheus');

describe('the Prometheus rules', () => {
  let services: Services;
  before(async () => {
    // Nothing listens there: the counters of spans are there all the same.
    services = await startServices({ otlpEndpoint: 'http://127.0.0.1:9' });
  });
  after(() => services.close());

  it('promtool finds the rules and the configuration valid', async (context) => {
    const promtool = await orSkip(context, openPromtool);
    if (promtool === undefined) return;
    for (const args of [
      ['check', 'rules', 'recording-rules.yaml', 'alerts.yaml'],
      ['check', 'config', 'prometheus.yaml'],
    ]) {
      const { ok, output } = promtool.run(folder, ...args);
      assert.ok(ok, output);
    }
  });

  it('promtool sees every alert fire on what it is for, and not before', async (context) => {
    const promtool = await orSkip(context, openPromtool);
    if (promtool === undefined) return;
    const { ok, output } = promtool.run(folder, 'test', 'rules', 'rules.test.yaml');
    assert.ok(ok, output);
  });

  it('every alert has a test in which it fires, a severity, and says what to do', async () => {
    const tests = parse(await readFile(observabilityFile('prometheus/rules.test.yaml'), 'utf8')) as {
      tests: { alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const fired = tests.tests
      .flatMap(({ alert_rule_test = [] }) => alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname);
    const alerts = await rulesOf('prometheus/alerts.yaml');
    assert.deepEqual(alerts.map(({ alert }) => alert).sort(), [...new Set(fired)].sort());
    for (const { alert, labels, annotations } of alerts) {
      assert.ok(['page', 'ticket'].includes(labels?.severity ?? ''), alert);
      assert.ok(annotations?.summary && annotations.action, alert);
    }
  });

  it('Prometheus scrapes every instance of the compose file, where it serves metrics', async () => {
    const read = async (path: string) => parse(await readFile(path, 'utf8'));
    const compose = (await read(inRepository('deploy/compose.yaml'))) as {
      services: Record<string, { command: string[] }>;
    };
    const config = (await read(observabilityFile('prometheus/prometheus.yaml'))) as {
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    const scraped = config.scrape_configs.flatMap(({ dns_sd_configs }) =>
      dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name} 0.0.0.0:${port}`)),
    );
    const served = Object.entries(compose.services).flatMap(([name, { command }]) => {
      const flag = command.indexOf('--operations');
      return flag === -1 ? [] : [`${name} ${command[flag + 1]}`];
    });
    const notInCompose = 'gateway-1 0.0.0.0:9464';
    assert.deepEqual(scraped.sort(), [...served, notInCompose].sort());
  });

  it('they read only metrics and labels that the services have', async () => {
    const series = await knownSeries(services);
    const rules = [
      ...(await rulesOf('prometheus/recording-rules.yaml')),
      ...(await rulesOf('prometheus/alerts.yaml')),
    ];
    assert.deepEqual(
      rules.flatMap(({ expr }) => unknownIn(expr, series)),
      [],
    );
  });
});
