import { adapterPositions, whisperPositions } from '@osum/nn';
import type { CheckpointTensor } from '../checkpoint/checkpoint.js';
import { RowReader } from '../tensors/row-reader.js';
import type { Inventory } from './inventory.js';
import type { Problems } from './problems.js';

/** Rows of a table of positions that are compared: 40 s of the encoder, more than the adapter's. */
const COMPARED_POSITIONS = 2000;

/** The largest error of bf16 for values up to 1, and of float32 angles in long tables. */
const POSITION_TOLERANCE = 2 ** -8;

/**
 * Checks what a checkpoint holds twice: aliases must equal the tensor that they stand for, tables of positions what is
 * computed in their place. What differs becomes a problem.
 */
export async function checkCopies(
  { weights, aliases, positions }: Inventory,
  problems: Problems,
  signal?: AbortSignal,
): Promise<void> {
  for (const [name, { tensor, label }] of aliases) {
    const original = weights.get(name)?.tensor;
    if (original === undefined) {
      problems.add('unknown', tensor.name, `in ${label}: it is another key for ${name}, which is not there`);
    } else if (!(await areEqual(tensor, original, signal))) {
      problems.add('content', tensor.name, `it is to equal ${original.name}, but differs`);
    }
  }
  for (const [stage, { tensor, label }] of positions) {
    if (await isTableOf(tensor, stage)) continue;
    problems.add('content', tensor.name, `${label} holds another table than the ${stage}'s sinusoids`);
  }
}

async function areEqual(
  tensor: CheckpointTensor,
  original: CheckpointTensor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (tensor.shape.join() !== original.shape.join() || tensor.dtype !== original.dtype) return false;
  if (tensor.place === original.place) return true;
  const [own, others] = [new RowReader(tensor), new RowReader(original)];
  for (const { first, count } of own.chunks()) {
    signal?.throwIfAborted();
    const [a, b] = [await own.bytes(first, count), await others.bytes(first, count)];
    if (Buffer.compare(a, b) !== 0) return false;
  }
  return true;
}

/** A table is [positions, width], or [1, positions, width] as WeNet keeps it. */
async function isTableOf(tensor: CheckpointTensor, stage: 'encoder' | 'adapter'): Promise<boolean> {
  const [positions, width] = tensor.shape.slice(-2);
  const wrapped = tensor.shape.length === 3 && tensor.shape[0] === 1;
  if (positions === undefined || width === undefined || width % 2 !== 0) return false;
  if (!wrapped && tensor.shape.length !== 2) return false;
  const compared = Math.min(positions, COMPARED_POSITIONS);
  const table = stage === 'encoder' ? whisperPositions(compared, width) : adapterPositions(compared, width);
  const values = await new RowReader(tensor).floats(0, wrapped ? 1 : compared);
  return table.every((value, i) => Math.abs(value - values[i]!) <= POSITION_TOLERANCE);
}
