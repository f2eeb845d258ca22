import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { openBackend } from '@osum/device';
import type { Figure } from '../figure.js';
import { productRates } from '../product-rates.js';
import { readBandwidth } from './read-bandwidth.js';

/** Shapes of the encoder and of a prompt in the decoder; whichever runs fastest counts. */
const SHAPES = [
  { rows: 500, inputs: 1024, outputs: 4096 },
  { rows: 256, inputs: 4096, outputs: 4096 },
  { rows: 1024, inputs: 4096, outputs: 4096 },
];
const RUNS = 5;

const toolsPython = fileURLToPath(new URL('../../../tools/python.mjs', import.meta.url));
const productPeak = fileURLToPath(new URL('../../peers/product_peak.py', import.meta.url));

/** What this machine can do, measured before the mesh is started. */
export interface MachinePeaks {
  /** Bytes a second that all threads read from memory. */
  readonly readBytesPerSecond: number;
  /** Operations a second of the fastest matrix product, ours or torch's. */
  readonly operationsPerSecond: number;
  /** All that was measured. */
  readonly figures: readonly Figure[];
}

/** Measures memory bandwidth and matrix products, ours and torch's, with all threads; the best run of each counts. */
export async function machinePeaks(): Promise<MachinePeaks> {
  const threads = Number(process.env.HOSTACL_THREADS ?? availableParallelism());
  const readBytesPerSecond = await readBandwidth(threads);
  const backend = await openBackend({ prefer: 'host' });
  await using device = await backend.openDevice();
  const products: Figure[] = [];
  for (const stored of ['bf16', 'i8'] as const) {
    const rates: number[] = [];
    for (const shape of SHAPES) {
      rates.push(...(await productRates(device, shape, 2, { runs: RUNS, warmUps: 1 }, stored)));
    }
    const name = `ours (${backend.host?.isa()}), ${stored} weights`;
    products.push({ name, value: Math.max(...rates) / 1e9, unit: 'GFLOP/s' });
  }
  products.push(...torchProducts(threads));
  return {
    readBytesPerSecond,
    operationsPerSecond: Math.max(...products.map(({ value }) => value)) * 1e9,
    figures: [{ name: 'memory, read', value: readBytesPerSecond / 1e9, unit: 'GB/s' }, ...products],
  };
}

function torchProducts(threads: number): Figure[] {
  const { status, stdout } = spawnSync(
    process.execPath,
    [toolsPython, 'python', productPeak, String(threads), String(RUNS)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) throw new Error(`${productPeak} ended with status ${status}`);
  return JSON.parse(stdout.slice(stdout.indexOf('['))) as Figure[];
}
