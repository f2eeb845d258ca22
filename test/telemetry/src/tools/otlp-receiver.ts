import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@osum/deploy';
import { isOpen } from './is-open.js';
import { fileOfPythonPackage } from './python-tool.js';
import { type ReceivedSpan, spansFrom } from './spans.js';
import { until } from './until.js';

/** A real OTLP receiver in a process of its own: rotel, which prints whatever it is sent. */
export interface OtlpReceiver {
  /** URL for OTLP over gRPC. */
  readonly grpcUrl: string;
  /** URL for OTLP over HTTP, without a path. */
  readonly httpUrl: string;
  /** The spans so far. */
  spans(): ReceivedSpan[];
  /** All that it printed. */
  text(): string;
  close(): Promise<void>;
}

/** Options of {@link startOtlpReceiver}. */
export interface OtlpReceiverOptions {
  /** Whether it prints what it receives, without which there are no `spans`. Default: true. */
  readonly printed?: boolean;
}

/** Starts a receiver on free ports of loopback. */
export async function startOtlpReceiver({ printed = true }: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const [grpcPort, httpPort] = (await freePorts(2)) as [number, number];
  const folder = await mkdtemp(join(tmpdir(), 'osum-rotel-'));
  const child = spawn(
    fileOfPythonPackage('rotel', 'rotel-agent'),
    [
      'start',
      ...['--exporter', 'blackhole'],
      ...(printed ? ['--debug-log', 'traces', '--debug-log-verbosity', 'detailed'] : []),
      ...['--otlp-grpc-endpoint', `127.0.0.1:${grpcPort}`],
      ...['--otlp-http-endpoint', `127.0.0.1:${httpPort}`],
      ...['--pid-file', join(folder, 'pid'), '--log-file', join(folder, 'log')],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await until(
    async () => ((await isOpen(grpcPort)) && (await isOpen(httpPort))) || undefined,
    () => `rotel does not listen: ${text}`,
  );
  return {
    grpcUrl: `http://127.0.0.1:${grpcPort}`,
    httpUrl: `http://127.0.0.1:${httpPort}`,
    spans: () => spansFrom(text),
    text: () => text,
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
