import { Arena, type Device, Program } from '@osum/device';
import { type Repetition, secondsOfRuns } from './timing.js';

/** The size of a matrix product x [rows, inputs] * W[outputs, inputs]^T. */
export interface ProductShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Operations a second, run by run, of `products` products of a shape in one program, each with weights of its own, which
 * are stored in bf16 or in int8; activations are bf16.
 */
export async function productRates(
  device: Device,
  { rows, inputs, outputs }: ProductShape,
  products: number,
  repetition: Repetition,
  stored: 'bf16' | 'i8' = 'bf16',
): Promise<number[]> {
  await using stream = await device.createStream();
  await using buffer = await device.allocate(
    products * Arena.bytesFor(stored, [outputs, inputs]) +
      Arena.bytesFor('bf16', [outputs]) +
      Arena.bytesFor('bf16', [rows, inputs]) +
      Arena.bytesFor('bf16', [rows, outputs]),
  );
  const arena = new Arena(buffer);
  const x = arena.tensor('bf16', [rows, inputs]);
  const y = arena.tensor('bf16', [rows, outputs]);
  const scale = arena.tensor('bf16', [outputs]);
  const weights = Array.from({ length: products }, () => arena.tensor(stored, [outputs, inputs]));
  const fill = new Program(arena);
  for (const tensor of [x, scale]) fill.fill(tensor, 0.01);
  for (const weight of weights) fill.fill(weight, stored === 'i8' ? 1 : 0.01);
  await stream.run(fill);
  const program = new Program(arena);
  for (const weight of weights) {
    program.linear(x, { weight, bias: null, scale: stored === 'i8' ? scale : null }, y);
  }
  const seconds = await secondsOfRuns(() => stream.run(program), repetition);
  return seconds.map((own) => (2 * rows * inputs * outputs * products) / own);
}
