import { badField, elementBytes, elementCount, type WireTensor } from '@osum/mesh';
import { DataType, type inference } from '@osum/proto';
import { dtypeFromWord } from './datatype.js';

type Input = inference.ModelInferRequest_InferInputTensor;

/**
 * The input tensors of a request, from raw bytes or typed lists. If one tensor is raw, all are.
 *
 * Fails with INVALID_ARGUMENT when shape, datatype and contents do not fit each other.
 */
export function inputTensors(request: inference.ModelInferRequest): WireTensor[] {
  const { inputs, rawInputContents } = request;
  if (rawInputContents.length > 0 && rawInputContents.length !== inputs.length) {
    throw badField(
      'raw_input_contents',
      `expected one entry for each of the ${inputs.length} inputs, got ${rawInputContents.length}`,
    );
  }
  return inputs.map((input, index) => {
    const field = `inputs[${index}]`;
    const dtype = dtypeFromWord(input.datatype, `${field}.datatype`);
    const shape = input.shape.map((extent) => extentFrom(extent, field));
    const elements = elementCount(shape);
    const bytes = elements * elementSize(dtype);
    const raw = rawInputContents[index];
    if (raw !== undefined && input.contents !== undefined) {
      throw badField(`${field}.contents`, 'expected none beside raw_input_contents');
    }
    const data = raw === undefined ? listBytes(input, dtype, field) : plainView(raw);
    if (data.length !== bytes) {
      throw badField(
        field,
        `expected ${elements} elements of ${input.datatype} (${bytes} bytes) for shape [${shape.join(', ')}], got ${data.length} bytes`,
      );
    }
    return { name: input.name, dtype, shape, data };
  });
}

/** A view that is no Buffer, whose `slice` would not copy. */
function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function elementSize(dtype: DataType): number {
  const size = elementBytes(dtype);
  if (size === undefined) throw new RangeError(`data type ${dtype} has no size`);
  return size;
}

function extentFrom(extent: bigint, field: string): number {
  if (extent >= 0n && extent <= 0xffff_ffffn) return Number(extent);
  throw badField(`${field}.shape`, `expected dimensions from 0 to ${0xffff_ffff}, got ${extent}`);
}

/** A typed list as little-endian bytes. FP16 and BF16 have no list: they travel raw only. */
function listBytes({ contents, datatype }: Input, dtype: DataType, field: string): Uint8Array {
  switch (dtype) {
    case DataType.F32:
      return bytesOf(contents?.fp32Contents ?? [], 4, (view, at, value) => view.setFloat32(at, value, true));
    case DataType.I8:
      return bytesOf(contents?.intContents ?? [], 1, (view, at, value) => view.setInt8(at, value));
    case DataType.I32:
      return bytesOf(contents?.intContents ?? [], 4, (view, at, value) => view.setInt32(at, value, true));
    case DataType.U8:
      return bytesOf(contents?.uintContents ?? [], 1, (view, at, value) => view.setUint8(at, value));
    case DataType.I64:
      return bytesOf(contents?.int64Contents ?? [], 8, (view, at, value) =>
        view.setBigInt64(at, value, true),
      );
    case DataType.BOOL:
      return bytesOf(contents?.boolContents ?? [], 1, (view, at, value) => view.setUint8(at, value ? 1 : 0));
    default:
      throw badField(field, `${datatype} exists only as raw bytes: put them into raw_input_contents`);
  }
}

function bytesOf<T>(
  values: readonly T[],
  size: number,
  set: (view: DataView, at: number, value: T) => void,
): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) set(view, index * size, value);
  return bytes;
}
