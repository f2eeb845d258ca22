import { bytesOf } from '@osum/device';
import type { TensorSpec, WeightKind } from '@osum/nn';

/** Types in which a package stores tensors, by the names of the safetensors format. */
const FORMAT_NAMES = { f32: 'F32', bf16: 'BF16', i8: 'I8' } as const;
type StoredType = keyof typeof FORMAT_NAMES;

/** A tensor's place in a stage file. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly bytes: number;
}

/** A safetensors file before its tensors are written. */
export interface StageLayout {
  /** Length field and JSON, padded so that the data behind it is aligned. */
  readonly header: Buffer;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly fileBytes: number;
}

/** Data starts at a multiple of this many bytes, so that the mapped file is aligned. */
const ALIGNMENT = 64;

/**
 * Lays out the file of a stage: all tensors of the larger element types first, so that each is aligned to its elements
 * without holes, which the format forbids; else in the order of `specs`. A quantised weight is followed by its scales
 * under `<name>_scale`.
 */
export function stageLayout(specs: readonly TensorSpec[], kind: WeightKind): StageLayout {
  const placed: Omit<StoredTensor, 'byteOffset'>[] = specs
    .flatMap((spec) => storedAs(spec, kind))
    .map(([name, dtype, shape]) => ({ name, dtype, shape, bytes: bytesOf(dtype, elements(shape)) }))
    .sort((a, b) => bytesOf(b.dtype, 1) - bytesOf(a.dtype, 1));
  const entries: Record<string, unknown> = {};
  let dataBytes = 0;
  for (const { name, dtype, shape, bytes } of placed) {
    const range = [dataBytes, dataBytes + bytes];
    entries[name] = { dtype: FORMAT_NAMES[dtype], shape, data_offsets: range };
    dataBytes += bytes;
  }
  const header = headerOf(entries);
  const tensors = new Map<string, StoredTensor>();
  let byteOffset = header.length;
  for (const tensor of placed) {
    tensors.set(tensor.name, { ...tensor, byteOffset });
    byteOffset += tensor.bytes;
  }
  return { header, tensors, fileBytes: byteOffset };
}

/** The name of the scales of a quantised weight. */
export function scaleName(weight: string): string {
  return `${weight}_scale`;
}

function storedAs(
  { name, shape, role }: TensorSpec,
  kind: WeightKind,
): (readonly [name: string, dtype: StoredType, shape: readonly number[]])[] {
  if (kind === 'fp32') return [[name, 'f32', shape]];
  if (kind === 'bf16' || role !== 'linear') return [[name, 'bf16', shape]];
  return [
    [name, 'i8', shape],
    [scaleName(name), 'bf16', shape.slice(0, 1)],
  ];
}

function headerOf(entries: Readonly<Record<string, unknown>>): Buffer {
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...entries }));
  const padded = Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(padded, ' ');
  header.writeBigUInt64LE(BigInt(padded - 8));
  json.copy(header, 8);
  return header;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
