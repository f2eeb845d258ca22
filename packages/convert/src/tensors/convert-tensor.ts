import type { WeightKind } from '@osum/nn';
import { ConvertError } from '../convert-error.js';
import type { TensorSource } from '../layout/tensor-sources.js';
import { addLowRank } from './add-low-rank.js';
import { areFinite, encodeBf16, quantiseRows } from './encode-rows.js';
import { type RowRange, RowReader } from './row-reader.js';

/** The next rows of a converted tensor as the package stores them. The buffers are overwritten by what follows. */
export interface EncodedRows {
  readonly weight: Uint8Array;
  /** bf16 scales of the rows; null where the weight is not quantised. */
  readonly scale: Uint8Array | null;
}

/**
 * Converts a tensor from its first to its last row, some rows at a time: merges its low-rank change in float32, then
 * rounds or quantises. Rejects with a `ConvertError` for weights that are no finite numbers.
 */
export async function* convertTensor(source: TensorSource, kind: WeightKind): AsyncGenerator<EncodedRows> {
  const { spec, tensor } = source;
  const rows = spec.shape[0]!;
  const encode = encoderOf(kind === 'int8' && spec.role !== 'linear' ? 'bf16' : kind);
  if (tensor === null) {
    yield encode(new Float32Array(rows), 1);
    return;
  }
  const reader = new RowReader(tensor);
  const change = await changeOf(source);
  const columns = reader.rowElements;
  for (const range of reader.chunks(source.firstRow, rows)) {
    const weights = await reader.floats(range.first, range.count);
    if (!areFinite(weights)) {
      throw new ConvertError(
        'damaged',
        `${tensor.name} holds numbers that are not finite in rows ${range.first} to ${range.first + range.count - 1}; take another checkpoint`,
      );
    }
    await change?.(weights, range);
    yield encode(weights, columns);
  }
}

type RowEncoder = (weights: Float32Array, columns: number) => EncodedRows;

function encoderOf(kind: WeightKind): RowEncoder {
  let words = new Uint16Array();
  let quantised = new Int8Array();
  let scales = new Uint16Array();
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  switch (kind) {
    case 'fp32':
      return (weights) => ({ weight: bytesOf(weights), scale: null });
    case 'bf16':
      return (weights) => {
        if (words.length < weights.length) words = new Uint16Array(weights.length);
        const out = words.subarray(0, weights.length);
        encodeBf16(weights, out);
        return { weight: bytesOf(out), scale: null };
      };
    case 'int8':
      return (weights, columns) => {
        const rows = weights.length / columns;
        if (quantised.length < weights.length) quantised = new Int8Array(weights.length);
        if (scales.length < rows) scales = new Uint16Array(rows);
        const [values, ofRows] = [quantised.subarray(0, weights.length), scales.subarray(0, rows)];
        quantiseRows(weights, columns, values, ofRows);
        return { weight: bytesOf(values), scale: bytesOf(ofRows) };
      };
  }
}

/** Adds a source's low-rank change to rows of its weight; undefined when it has none. */
async function changeOf({
  change,
}: TensorSource): Promise<((weights: Float32Array, range: RowRange) => Promise<void>) | undefined> {
  if (change === null) return undefined;
  const rank = change.a.shape[0]!;
  const a = await new RowReader(change.a).floats(0, rank);
  const b = new RowReader(change.b);
  return async (weights, { first, count }) => {
    addLowRank(weights, await b.floats(first, count), a, rank, change.scale);
  };
}
