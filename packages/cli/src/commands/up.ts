import { createOsumClient } from '@osum/client';
import { Command, Option } from 'commander';
import colors from 'picocolors';
import { runDemonstration } from '../demonstration.js';
import { aborted, untilInterrupted } from '../interrupt.js';
import { startEmbeddedMesh } from '../mesh/embedded-mesh.js';
import { UsageError } from '../usage-error.js';
import { deviceOption, packageOption } from './shared-options.js';

const { bold, dim } = colors;

interface UpOptions {
  listen: string;
  package?: string;
  device: 'auto' | 'npu' | 'host';
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  operations?: string;
  otlpEndpoint?: string;
  captureContent?: true;
  demo?: true;
  exit?: true;
}

/** `osum up`: the whole mesh on this machine. */
export function upCommand(): Command {
  return new Command('up')
    .description('Run the whole mesh on this machine, on loopback; Ctrl-C drains it.')
    .addOption(
      new Option('--listen <host:port>', 'where the router listens')
        .default('127.0.0.1:50051')
        .env('OSUM_LISTEN'),
    )
    .addOption(packageOption())
    .addOption(deviceOption())
    .addOption(
      new Option('--log-level <level>', 'least level of log lines, on standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('warn')
        .env('OSUM_LOG_LEVEL'),
    )
    .addOption(
      new Option('--operations <host:port>', 'HTTP endpoint for metrics and probes; none by default').env(
        'OSUM_OPERATIONS',
      ),
    )
    .addOption(
      new Option('--otlp-endpoint <url>', 'OTLP receiver that traces go to, by gRPC; none by default').env(
        'OSUM_OTLP_ENDPOINT',
      ),
    )
    .option('--capture-content', 'put instructions and what the model printed into traces and logs')
    .option('--demo', 'ask the mesh about the shipped recordings first')
    .option('--exit', 'with --demo: stop after the answers')
    .action((options: UpOptions) => untilInterrupted((signal) => up(options, signal)));
}

async function up(options: UpOptions, signal: AbortSignal): Promise<void> {
  if (options.exit && !options.demo)
    throw new UsageError('--exit goes with --demo: what should happen before?');
  const started = performance.now();
  const mesh = await startEmbeddedMesh(options);
  console.log(
    `mesh ready at ${bold(mesh.address)} ${dim(`in ${((performance.now() - started) / 1000).toFixed(1)} s`)}`,
  );
  for (const [name, address] of Object.entries(mesh.services))
    console.log(dim(`  ${name.padEnd(9)}${address}`));
  try {
    if (options.demo) {
      const client = createOsumClient({ address: mesh.address });
      try {
        if (!(await runDemonstration(client, signal))) process.exitCode = 1;
      } finally {
        client.close();
      }
    }
    if (options.exit || signal.aborted) return;
    console.log(
      `\nserving until Ctrl-C; ask it: ${bold(`npx osum understand --address ${mesh.address} FILE`)}`,
    );
    await aborted(signal);
  } finally {
    await mesh.drain();
  }
}
