import { Arena, type Device, Program } from '@osum/device';
import { medianSeconds, type Repetition } from './timing.js';

/** The size of a matrix product x [rows, inputs] * W[outputs, inputs]^T. */
export interface ProductShape {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** bf16 operations a second of `products` products of a shape in one program, each with weights of its own. */
export async function productRate(
  device: Device,
  { rows, inputs, outputs }: ProductShape,
  products: number,
  repetition: Repetition,
): Promise<number> {
  const weightBytes = Arena.bytesFor('bf16', [outputs, inputs]);
  await using stream = await device.createStream();
  await using buffer = await device.allocate(
    products * weightBytes + Arena.bytesFor('bf16', [rows, inputs]) + Arena.bytesFor('bf16', [rows, outputs]),
  );
  const arena = new Arena(buffer);
  const x = arena.tensor('bf16', [rows, inputs]);
  const y = arena.tensor('bf16', [rows, outputs]);
  const weights = Array.from({ length: products }, () => arena.tensor('bf16', [outputs, inputs]));
  const fill = new Program(arena);
  for (const tensor of [x, ...weights]) fill.fill(tensor, 0.01);
  await stream.run(fill);
  const program = new Program(arena);
  for (const weight of weights) program.mm(x, weight.transpose(), y);
  const seconds = await medianSeconds(() => stream.run(program), repetition);
  return (2 * rows * inputs * outputs * products) / seconds;
}
