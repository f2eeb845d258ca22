import { bytesOf, type Download, type DType, type Program, type Tensor } from '@osum/device';
import type { WireTensor } from '@osum/mesh';
import { DataType } from '@osum/proto';

/** What the models compute in. */
export type ComputeDType = 'f32' | 'bf16';

const DTYPE_OF: Partial<Record<DataType, ComputeDType>> = { [DataType.F32]: 'f32', [DataType.BF16]: 'bf16' };
const DATA_TYPE_OF: Record<ComputeDType, DataType> = { f32: DataType.F32, bf16: DataType.BF16 };

/** Element type on the wire of what a model computes. */
export function dataTypeOf(dtype: ComputeDType): DataType {
  return DATA_TYPE_OF[dtype];
}

/**
 * Appends the upload of several tensors `[rows, width]` to a program, one behind the other in one tensor
 * `[sum of rows, width]` of the compute dtype. Tensors of the other float type are cast on the device.
 */
export function uploadRagged(
  program: Program,
  tensors: readonly WireTensor[],
  compute: ComputeDType,
): Tensor {
  const width = tensors[0]!.shape[1]!;
  const rows = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const all = program.arena.tensor(compute, [rows, width]);
  let start = 0;
  for (const { shape, dtype, data } of tensors) {
    const own = all.rows(start, start + shape[0]!);
    start += shape[0]!;
    const came = dtypeOf(dtype);
    if (came === compute) program.upload(own).set(data);
    else {
      const raw = program.arena.tensor(came, own.shape);
      program.upload(raw).set(data);
      program.cast(raw, compute, own);
    }
  }
  return all;
}

/** Arena bytes that `uploadRagged` takes beside the model's own, at most. */
export function raggedBytes(tensors: readonly WireTensor[]): number {
  const slackBytes = 1024;
  return tensors.reduce(
    (sum, { shape }) => sum + 2 * (bytesOf('f32', shape[0]! * shape[1]!) + slackBytes),
    0,
  );
}

/** Cuts a finished download `[sum of rows, width]` into the tensors of its utterances, without copying. */
export function splitRagged(download: Download, rows: readonly number[], name: string): WireTensor[] {
  const { dtype, shape } = download.source;
  const width = shape[1]!;
  const rowBytes = bytesOf(dtype as DType, width);
  let start = 0;
  return rows.map((count) => {
    const data = download.bytes.subarray(start * rowBytes, (start + count) * rowBytes);
    start += count;
    return { name, dtype: dataTypeOf(dtype as ComputeDType), shape: [count, width], data };
  });
}

function dtypeOf(dtype: DataType): ComputeDType {
  const compute = DTYPE_OF[dtype];
  if (compute === undefined) throw new TypeError(`expected F32 or BF16, got ${DataType[dtype]}`);
  return compute;
}
