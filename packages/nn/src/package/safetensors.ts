import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { bytesOf, type DType } from '@osum/device';
import { PackageError } from './package-error.js';

/** Where a tensor lies in a safetensors file. */
export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly bytes: number;
}

/** The table of a safetensors file. */
export interface SafetensorsTable {
  readonly file: string;
  readonly fileBytes: number;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The free-form `__metadata__` of the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

const DTYPES: Readonly<Record<string, DType>> = {
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I8: 'i8',
  I32: 'i32',
  I64: 'i64',
  U8: 'u8',
  BOOL: 'bool',
};

/** The length field before the header. */
const LENGTH_BYTES = 8;
/** The format's own bound; a longer header means that the file is something else. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads the header of a safetensors file; the tensor data stays on disk. Throws a `PackageError` when the file is
 * missing, truncated, or not safetensors.
 */
export async function readSafetensors(path: string): Promise<SafetensorsTable> {
  const file = basename(path);
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch {
    throw new PackageError(
      'file-missing',
      `${file} is missing beside model.json; copy the whole package folder`,
    );
  }
  try {
    const fileBytes = (await handle.stat()).size;
    const lengthField = await readExactly(handle, 0, LENGTH_BYTES, file);
    const headerBytes = Number(lengthField.readBigUInt64LE());
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || LENGTH_BYTES + headerBytes > fileBytes) {
      throw malformed(file, `its header claims ${headerBytes} bytes of a file of ${fileBytes}`);
    }
    const header = await readExactly(handle, LENGTH_BYTES, headerBytes, file);
    return parseHeader(header.toString('utf8'), LENGTH_BYTES + headerBytes, file, fileBytes);
  } finally {
    await handle.close();
  }
}

function parseHeader(text: string, dataStart: number, file: string, fileBytes: number): SafetensorsTable {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw malformed(file, 'its header is not JSON');
  }
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = value as Record<string, string>;
    else tensors.set(name, tensorEntry(name, value, dataStart, file, fileBytes));
  }
  return { file, fileBytes, tensors, metadata };
}

function tensorEntry(
  name: string,
  value: unknown,
  dataStart: number,
  file: string,
  fileBytes: number,
): TensorEntry {
  const {
    dtype: code,
    shape,
    data_offsets: range,
  } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const dtype = typeof code === 'string' ? DTYPES[code] : undefined;
  if (dtype === undefined)
    throw malformed(file, `${name} has the unknown element type ${JSON.stringify(code)}`);
  if (!isCounts(shape) || !isCounts(range) || range.length !== 2) {
    throw malformed(file, `the shape or the offsets of ${name} are not lists of whole numbers`);
  }
  const [start, end] = range as [number, number];
  const bytes = bytesOf(
    dtype,
    shape.reduce((product, extent) => product * extent, 1),
  );
  if (end - start !== bytes) {
    throw malformed(file, `${name} needs ${bytes} bytes, but its offsets span ${end - start}`);
  }
  const byteOffset = dataStart + start;
  if (byteOffset + bytes > fileBytes) {
    throw malformed(file, `${name} ends at byte ${byteOffset + bytes} of a file of ${fileBytes}`);
  }
  if (byteOffset % bytesOf(dtype, 1) !== 0) {
    throw malformed(file, `${name} starts at byte ${byteOffset}, which does not fit its ${dtype} elements`);
  }
  return { dtype, shape, byteOffset, bytes };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0);
}

function malformed(file: string, what: string): PackageError {
  return new PackageError(
    'safetensors',
    `${file} is truncated or not a safetensors file: ${what}; copy it again`,
  );
}

async function readExactly(
  handle: FileHandle,
  position: number,
  bytes: number,
  file: string,
): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, position);
  if (bytesRead !== bytes) throw malformed(file, `it ends after ${position + bytesRead} bytes`);
  return buffer;
}
