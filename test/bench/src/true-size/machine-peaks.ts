import { availableParallelism } from 'node:os';
import { openBackend } from '@osum/device';
import { productRate } from '../product-rate.js';
import { readBandwidth } from './read-bandwidth.js';

/** Shapes of the encoder and of a prompt in the decoder; whichever runs fastest counts. */
const SHAPES = [
  { rows: 500, inputs: 1024, outputs: 4096 },
  { rows: 256, inputs: 4096, outputs: 4096 },
  { rows: 1024, inputs: 4096, outputs: 4096 },
];
const REPETITION = { runs: 3, warmUps: 1 };

/** What this machine can do, measured before the mesh is started. */
export interface MachinePeaks {
  readonly threads: number;
  /** Bytes a second that all threads read from memory. */
  readonly readBytesPerSecond: number;
  /** bf16 operations a second of the fastest matrix product. */
  readonly operationsPerSecond: number;
  /** The kernels that were used. */
  readonly kernels: string;
}

/** Measures memory bandwidth and matrix products with all threads of the host device. */
export async function machinePeaks(): Promise<MachinePeaks> {
  const threads = Number(process.env.HOSTACL_THREADS ?? availableParallelism());
  const readBytesPerSecond = await readBandwidth(threads);
  const backend = await openBackend({ prefer: 'host' });
  await using device = await backend.openDevice();
  const rates: number[] = [];
  for (const shape of SHAPES) rates.push(await productRate(device, shape, 2, REPETITION));
  return {
    threads,
    readBytesPerSecond,
    operationsPerSecond: Math.max(...rates),
    kernels: backend.host?.isa() ?? 'unknown',
  };
}
