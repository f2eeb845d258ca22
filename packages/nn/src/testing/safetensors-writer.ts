import { writeFile } from 'node:fs/promises';
import { bytesFromValues, type DType } from '@osum/device';

/** A tensor to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

const CODES: Readonly<Partial<Record<DType, string>>> = { f32: 'F32', bf16: 'BF16', i8: 'I8' };

/** Data starts at a multiple of this many bytes, so that tensors in the mapped file are aligned. */
const ALIGNMENT = 64;

/** Writes a safetensors file and returns its bytes. */
export async function writeSafetensors(path: string, tensors: readonly NamedTensor[]): Promise<Buffer> {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const { name, dtype, shape, values } of tensors) {
    const bytes = bytesFromValues(dtype, values);
    header[name] = { dtype: CODES[dtype], shape, data_offsets: [offset, offset + bytes.byteLength] };
    parts.push(bytes);
    offset += bytes.byteLength;
  }
  const json = JSON.stringify(header);
  const padded = json.padEnd(Math.ceil((json.length + 8) / ALIGNMENT) * ALIGNMENT - 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const file = Buffer.concat([length, Buffer.from(padded), ...parts]);
  await writeFile(path, file);
  return file;
}
