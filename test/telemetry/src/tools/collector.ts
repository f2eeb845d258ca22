import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@osum/deploy';
import { observabilityFile } from '@osum/observability';
import { parse, stringify } from 'yaml';
import { ToolMissingError } from './debian-package.js';
import { isOpen } from './is-open.js';
import { toolsFolder } from './repository.js';
import { until } from './until.js';

const builderVersion = 'v0.161.0';

/** The real OpenTelemetry Collector with the parts that collector/builder.yaml names. */
export interface Collector {
  /** Whether it takes a configuration, and what it says about it. */
  validate(file: string, env: Record<string, string>): { readonly ok: boolean; readonly output: string };
  /** Starts it with a configuration that reads its listening addresses from the environment as collector.yaml does. */
  start(file: string, env: Record<string, string>): Promise<RunningCollector>;
}

/** A collector that takes spans. */
export interface RunningCollector {
  /** URL for OTLP over gRPC. */
  readonly grpcUrl: string;
  close(): Promise<void>;
}

/**
 * Builds the collector on first use (minutes), into the folder for tools.
 *
 * @throws ToolMissingError where there is no Go.
 */
export async function openCollector(): Promise<Collector> {
  const program = await built();
  return {
    validate(file, env) {
      const environment = { ...process.env, ...env };
      const args = ['validate', '--config', file];
      const { status, stdout, stderr } = spawnSync(program, args, { env: environment, encoding: 'utf8' });
      return { ok: status === 0, output: `${stdout}${stderr}` };
    },
    async start(file, env) {
      const [grpcPort, httpPort] = (await freePorts(2)) as [number, number];
      const listen = {
        OTLP_GRPC_LISTEN: `127.0.0.1:${grpcPort}`,
        OTLP_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      };
      const child = spawn(program, ['--config', file], {
        env: { ...process.env, ...env, ...listen },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const ended = once(child, 'close');
      await until(
        async () => (await isOpen(grpcPort)) || undefined,
        () => 'the collector does not listen',
      );
      return {
        grpcUrl: `http://127.0.0.1:${grpcPort}`,
        async close() {
          child.kill('SIGTERM');
          await ended;
        },
      };
    },
  };
}

async function built(): Promise<string> {
  const recipe = await readFile(observabilityFile('collector/builder.yaml'), 'utf8');
  const { dist, ...parts } = parse(recipe) as { dist: Record<string, string> };
  const folder = join(toolsFolder(), `otelcol-${builderVersion}`);
  const program = join(folder, 'osum-otelcol');
  if (existsSync(program) && (await readFile(join(folder, 'builder.yaml'), 'utf8')) === recipe)
    return program;
  const work = `${folder}.${process.pid}`;
  try {
    await mkdir(work, { recursive: true });
    await writeFile(join(work, 'recipe.yaml'), stringify({ dist: { ...dist, output_path: work }, ...parts }));
    const module = `go.opentelemetry.io/collector/cmd/builder@${builderVersion}`;
    const ended = spawnSync('go', ['run', module, '--config', join(work, 'recipe.yaml')], {
      env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      encoding: 'utf8',
    });
    if (ended.error !== undefined)
      throw new ToolMissingError(
        `the collector is built with Go, which cannot be started: ${ended.error.message}`,
      );
    if (ended.status !== 0) throw new Error(`the collector was not built: ${ended.stdout}${ended.stderr}`);
    await writeFile(join(work, 'builder.yaml'), recipe);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const file of ['osum-otelcol', 'builder.yaml']) await rename(join(work, file), join(folder, file));
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
