import { Arena, type Device, Program } from '@osum/device';
import type { Figure } from './figure.js';
import { medianSeconds, type Repetition } from './timing.js';

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
  await using stream = await device.createStream();
  for (const { rows, inputs, outputs } of SHAPES) {
    const weightBytes = Arena.bytesFor('bf16', [outputs, inputs]);
    await using buffer = await device.allocate(
      PRODUCTS * weightBytes +
        Arena.bytesFor('bf16', [rows, inputs]) +
        Arena.bytesFor('bf16', [rows, outputs]),
    );
    const arena = new Arena(buffer);
    const x = arena.tensor('bf16', [rows, inputs]);
    const y = arena.tensor('bf16', [rows, outputs]);
    const weights = Array.from({ length: PRODUCTS }, () => arena.tensor('bf16', [outputs, inputs]));
    const fill = new Program(arena);
    for (const tensor of [x, ...weights]) fill.fill(tensor, 0.01);
    await stream.run(fill);
    const program = new Program(arena);
    for (const weight of weights) program.mm(x, weight.transpose(), y);
    const seconds = await medianSeconds(() => stream.run(program), repetition);
    figures.push({
      name: `bf16 ${rows} x ${inputs} x ${outputs}`,
      value: (2 * rows * inputs * outputs * PRODUCTS) / seconds / 1e9,
      unit: 'GFLOP/s',
    });
  }
  return figures;
}
