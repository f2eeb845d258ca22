import { badField } from '@osum/mesh';
import { DataType } from '@osum/proto';

const words: readonly (readonly [DataType, string])[] = [
  [DataType.F32, 'FP32'],
  [DataType.F16, 'FP16'],
  [DataType.BF16, 'BF16'],
  [DataType.I8, 'INT8'],
  [DataType.U8, 'UINT8'],
  [DataType.I32, 'INT32'],
  [DataType.I64, 'INT64'],
  [DataType.BOOL, 'BOOL'],
];

/** `FP32` for `DataType.F32`, and so on. */
export function datatypeWord(dtype: DataType): string {
  const found = words.find(([known]) => known === dtype);
  if (found === undefined)
    throw new RangeError(`data type ${dtype} has no word in the Open Inference Protocol`);
  return found[1];
}

/** The data type of a word. Fails with INVALID_ARGUMENT for one that no stage takes. */
export function dtypeFromWord(word: string, field: string): DataType {
  const found = words.find(([, known]) => known === word);
  if (found !== undefined) return found[0];
  throw badField(field, `expected one of ${words.map(([, known]) => known).join(', ')}, got "${word}"`);
}
