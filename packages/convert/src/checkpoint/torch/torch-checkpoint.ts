import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { ConvertError } from '../../convert-error.js';
import type { Checkpoint, CheckpointTensor } from '../checkpoint.js';
import { bytesPerElement } from '../element-type.js';
import { readExactly } from '../read-exactly.js';
import { spanOf, stridedTensor } from '../strided-tensor.js';
import { type TorchTensor, torchWorld } from './torch-world.js';
import { type PickleObject, type PickleValue, unpickle } from './unpickle.js';
import { StoredZip } from './zip-archive.js';

/** The pickle of a checkpoint holds names and shapes only; a longer one is something else. */
const MAX_PICKLE_BYTES = 256 * 2 ** 20;

/** Where training loops put the tensors when they save more than those. */
const CONTAINERS = ['module', 'model_state_dict', 'state_dict', 'model'];

/**
 * Opens a file that `torch.save` has written in its zip format: reads names, shapes and places, and leaves the elements
 * on disk. No code of the file is run. Rejects with a `ConvertError`.
 */
export async function openTorchCheckpoint(path: string): Promise<Checkpoint> {
  const label = basename(path);
  const zip = await StoredZip.open(path);
  let handle: FileHandle | undefined;
  const close = async (): Promise<void> => {
    await zip[Symbol.asyncDispose]();
    await handle?.close();
  };
  try {
    handle = await open(path, 'r');
    const folder = pickleFolder(zip, label);
    const read = (name: string): Promise<Buffer | undefined> => readEntry(zip, handle!, folder + name, label);
    await checkByteOrder(await read('byteorder'), label);
    const pickle = (await read('data.pkl'))!;
    const entries = entriesOf(evaluate(pickle, label), label);
    const tensors = new Map<string, CheckpointTensor>();
    const others: string[] = [];
    for (const [key, value] of entries) {
      const name = String(key);
      if (isTensor(value)) tensors.set(name, await placed(name, value, zip, folder, handle, label));
      else others.push(name);
    }
    const { size, mtimeMs } = await handle.stat();
    const fingerprint = createHash('sha256').update(pickle).update(`${size} ${mtimeMs}`).digest('hex');
    return { label, tensors, others, bytes: size, fingerprint, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The folder of the archive, with its slash. */
function pickleFolder(zip: StoredZip, label: string): string {
  const pickle = [...zip.names].find((name) => name === 'data.pkl' || /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new ConvertError(
      'format',
      `${label} is a zip file, but not one of torch.save: it holds no data.pkl; give the .pt file of the checkpoint`,
    );
  }
  const folder = pickle.slice(0, -'data.pkl'.length);
  for (const name of zip.names) {
    if (name !== `${folder}constants.pkl`) continue;
    throw new ConvertError(
      'format',
      `${label} is a TorchScript program, not a dictionary of tensors; save its state_dict() with torch.save`,
    );
  }
  return folder;
}

async function readEntry(
  zip: StoredZip,
  handle: FileHandle,
  name: string,
  label: string,
): Promise<Buffer | undefined> {
  const span = await zip.locate(name);
  if (span === undefined) return undefined;
  if (span.bytes > MAX_PICKLE_BYTES) {
    throw new ConvertError(
      'format',
      `${label}: ${name} has ${span.bytes} bytes, far more than the names of tensors take; save only the state dictionary`,
    );
  }
  const content = Buffer.alloc(span.bytes);
  await readExactly(handle, content, span.start, label);
  return content;
}

async function checkByteOrder(content: Buffer | undefined, label: string): Promise<void> {
  const order = content?.toString('utf8') ?? 'little';
  if (order === 'little') return;
  throw new ConvertError(
    'format',
    `${label} was written on a ${order}-endian machine, but little-endian numbers are read; load and save it on another machine`,
  );
}

function evaluate(pickle: Buffer, label: string): PickleValue {
  try {
    return unpickle(pickle, torchWorld(label));
  } catch (error) {
    if (error instanceof ConvertError) throw error;
    throw new ConvertError(
      'damaged',
      `${label}: data.pkl cannot be read: ${(error as Error).message}; copy the file again, or save only the state dictionary`,
      { cause: error },
    );
  }
}

/** The names and tensors: the value itself, or what stands under one of the usual names in it. */
function entriesOf(value: PickleValue, label: string): Map<PickleValue, PickleValue> {
  const holdsTensors = (candidate: unknown): candidate is Map<PickleValue, PickleValue> =>
    candidate instanceof Map && [...candidate.values()].some(isTensor);
  if (holdsTensors(value)) return value;
  if (value instanceof Map) {
    const inside = CONTAINERS.map((name) => value.get(name)).filter(holdsTensors);
    if (inside.length === 1) return inside[0]!;
  }
  throw new ConvertError(
    'format',
    `${label} holds no dictionary of tensors, neither at its top nor under ${CONTAINERS.join(', ')}; save the state dictionary with torch.save`,
  );
}

function isTensor(value: PickleValue | undefined): value is TorchTensor {
  return (value as PickleObject | null | undefined)?.kind === 'tensor';
}

/** A tensor at its place in the archive; its storage must be there in full. */
async function placed(
  name: string,
  { storage, offset, shape, strides }: TorchTensor,
  zip: StoredZip,
  folder: string,
  handle: FileHandle,
  label: string,
): Promise<CheckpointTensor> {
  const span = await zip.locate(`${folder}data/${storage.key}`);
  const elementBytes = bytesPerElement(storage.dtype);
  if (span === undefined || span.bytes < storage.elements * elementBytes) {
    throw new ConvertError(
      'damaged',
      `${label}: the storage of ${name} needs ${storage.elements * elementBytes} bytes, but the archive has ${span?.bytes ?? 'none'}; copy the file again`,
    );
  }
  const isEmpty = shape.includes(0);
  if (!isEmpty && offset + spanOf(shape, strides) >= storage.elements) {
    throw new ConvertError(
      'damaged',
      `${label}: ${name} [${shape}] reaches beyond its storage of ${storage.elements} elements; save the checkpoint again`,
    );
  }
  const byteOffset = span.start + offset * elementBytes;
  return stridedTensor(name, { dtype: storage.dtype, shape, strides, byteOffset }, handle, label);
}
