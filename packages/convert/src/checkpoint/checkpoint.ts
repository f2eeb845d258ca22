import type { ElementType } from './element-type.js';

/** A tensor of a checkpoint, still on disk. */
export interface CheckpointTensor {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Whether rows can be read alone. If not, each read takes in the memory of the whole tensor. */
  readonly hasRows: boolean;
  /** Where the elements lie, in words: tensors that agree in it, in shape and in type are the same. */
  readonly place: string;
  /**
   * Reads rows [first, first + count) of the first dimension, row-major and little-endian, into the start of `target`.
   * A scalar is one row. Rejects with a `ConvertError` when the file ends early.
   */
  readRows(first: number, count: number, target: Uint8Array): Promise<void>;
}

/** Named tensors of a file or a folder. */
export interface Checkpoint extends AsyncDisposable {
  /** What messages call it: the name of the file or folder. */
  readonly label: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Names of entries that are no tensors. */
  readonly others: readonly string[];
  /** Length of the files together. */
  readonly bytes: number;
  /** Changes when the files do, hexadecimal. */
  readonly fingerprint: string;
}

/** Rows of a tensor: its first extent, 1 for a scalar. */
export function rowsOf({ shape }: Pick<CheckpointTensor, 'shape'>): number {
  return shape[0] ?? 1;
}

/** Elements of one row. */
export function elementsPerRow({ shape }: Pick<CheckpointTensor, 'shape'>): number {
  return shape.slice(1).reduce((product, extent) => product * extent, 1);
}
