import type { Device } from '@osum/device';
import type { Figure } from './figure.js';
import { productRates } from './product-rates.js';
import { median, type Repetition } from './timing.js';

/** Outputs and inputs of the linear layers of Whisper base and medium and of the nano decoder. */
const LAYERS = [
  [512, 512],
  [2048, 512],
  [512, 2048],
  [1024, 1024],
  [4096, 1024],
  [1024, 4096],
  [384, 384],
  [1024, 384],
  [384, 1024],
] as const;

/** 30 s of audio in the encoder; a decoding batch; one sequence. */
const ROWS = [1500, 16, 1] as const;

/** Products in one program, so that the cost of handing it over does not count. */
export const PRODUCTS = 20;

/** Each shape as `rows x inputs x outputs`. */
export const SHAPES = ROWS.flatMap((rows) => LAYERS.map(([outputs, inputs]) => ({ rows, inputs, outputs })));

/** bf16 products x [rows, inputs] * W[outputs, inputs]^T, in GFLOP/s; weights are different ones each time. */
export async function matmulFigures(device: Device, repetition: Repetition): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of SHAPES) {
    const { rows, inputs, outputs } = shape;
    figures.push({
      name: `bf16 ${rows} x ${inputs} x ${outputs}`,
      value: median(await productRates(device, shape, PRODUCTS, repetition)) / 1e9,
      unit: 'GFLOP/s',
    });
  }
  return figures;
}
