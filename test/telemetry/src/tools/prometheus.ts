import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@osum/deploy';
import { stringify } from 'yaml';
import { debianPackage } from './debian-package.js';
import { until } from './until.js';

/** Prometheus's own judge of configurations and rules. */
export interface Promtool {
  /** Runs it in a folder: whether it was content, and what it said. */
  run(folder: string, ...args: string[]): { readonly ok: boolean; readonly output: string };
}

/** The real promtool. */
export async function openPromtool(): Promise<Promtool> {
  const program = join(await debianPackage('prometheus'), 'usr/bin/promtool');
  return {
    run(cwd, ...args) {
      const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
      return { ok: status === 0, output: `${stdout}${stderr}` };
    },
  };
}

/** A series of a query's answer. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A Prometheus that runs. */
export interface PrometheusProcess {
  /** The answer to an instant query. Throws if it is refused. */
  query(expr: string): Promise<Series[]>;
  close(): Promise<void>;
}

/** Starts the real Prometheus, which scrapes `targets` (job to `host:port`) each second and evaluates rule files. */
export async function startPrometheus(
  targets: Readonly<Record<string, string>>,
  ruleFiles: readonly string[],
): Promise<PrometheusProcess> {
  const program = join(await debianPackage('prometheus'), 'usr/bin/prometheus');
  const folder = await mkdtemp(join(tmpdir(), 'osum-prometheus-'));
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
  await writeFile(join(folder, 'prometheus.yaml'), stringify(config));
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  const query = async (expr: string): Promise<Series[]> => {
    const body = new URLSearchParams({ query: expr });
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
    const { status, data, error } = (await answer.json()) as {
      status: string;
      data?: { result: Series[] };
      error?: string;
    };
    if (status !== 'success') throw new Error(`${expr}: ${error}`);
    return data!.result;
  };
  await until(
    async () =>
      (await query('1').then(
        () => true,
        () => false,
      )) || undefined,
    () => 'Prometheus does not answer',
    60_000,
  );
  return {
    query,
    async close() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
