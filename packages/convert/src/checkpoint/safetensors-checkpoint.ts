import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PackageError, readSafetensors } from '@osum/nn';
import { z } from 'zod';
import { ConvertError } from '../convert-error.js';
import type { Checkpoint, CheckpointTensor } from './checkpoint.js';
import type { ElementType } from './element-type.js';
import { packedStrides, stridedTensor } from './strided-tensor.js';

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) });

/** Opens safetensors files as one checkpoint: names, shapes and places; elements stay on disk. */
export async function openSafetensors(paths: readonly string[], label: string): Promise<Checkpoint> {
  const handles: FileHandle[] = [];
  const tensors = new Map<string, CheckpointTensor>();
  const hash = createHash('sha256');
  let bytes = 0;
  const close = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.close()));
  };
  try {
    for (const path of paths) {
      const table = await tableOf(path);
      const handle = await open(path, 'r');
      handles.push(handle);
      const { size, mtimeMs } = await handle.stat();
      hash.update(`${table.file} ${size} ${mtimeMs}\n`);
      bytes += size;
      for (const [name, { dtype, shape, byteOffset }] of table.tensors) {
        if (tensors.has(name)) {
          throw new ConvertError(
            'damaged',
            `${label}: ${name} stands in more than one file; remove the one that does not belong there`,
          );
        }
        hash.update(`${name} ${dtype} ${shape} ${byteOffset}\n`);
        const layout = {
          dtype: dtype as ElementType,
          shape,
          strides: packedStrides(shape),
          byteOffset,
        };
        tensors.set(name, stridedTensor(name, layout, handle, table.file));
      }
    }
    return {
      label,
      tensors,
      others: [],
      bytes,
      fingerprint: hash.digest('hex'),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The safetensors files of a folder: those of its index when it has one, else all. Empty when there are none. Rejects
 * with a `ConvertError` when the index names files that are not there.
 */
export async function safetensorsOf(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const shards = names.filter((name) => name.endsWith('.safetensors')).sort();
  const indexName = names.find((name) => name.endsWith('.safetensors.index.json'));
  if (indexName === undefined || shards.length === 0) return shards.map((name) => join(folder, name));
  const wanted = await shardsOfIndex(join(folder, indexName));
  const missing = wanted.filter((name) => !shards.includes(name));
  if (missing.length > 0) {
    throw new ConvertError(
      'not-found',
      `${basename(folder)}: ${missing.join(', ')} missing, which ${indexName} names; copy all shards`,
    );
  }
  return wanted.map((name) => join(folder, name));
}

async function shardsOfIndex(path: string): Promise<string[]> {
  try {
    const { weight_map } = indexSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return [...new Set(Object.values(weight_map))].sort();
  } catch (error) {
    throw new ConvertError(
      'damaged',
      `${basename(path)} is no index of safetensors (a "weight_map" of tensor to file is expected); copy it again`,
      { cause: error },
    );
  }
}

async function tableOf(path: string): ReturnType<typeof readSafetensors> {
  try {
    return await readSafetensors(path);
  } catch (error) {
    if (error instanceof PackageError) throw new ConvertError('damaged', error.message, { cause: error });
    throw error;
  }
}
