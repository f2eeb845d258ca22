import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConvertError } from '../convert-error.js';
import type { Checkpoint } from './checkpoint.js';
import { openSafetensors, safetensorsOf } from './safetensors-checkpoint.js';
import { openTorchCheckpoint } from './torch/torch-checkpoint.js';

/** How files begin. */
const ZIP = Buffer.from('PK\x03\x04', 'latin1');
/** The magic number that `torch.save` pickled first until 1.6. */
const LEGACY_TORCH = Buffer.from('80028a0a6cfc9c46f920', 'hex');
const PICKLE = Buffer.from([0x80]);
const LFS_POINTER = Buffer.from('version https://git-lfs');

/** Bytes that tell files apart. */
const LONGEST_START = 64;

const GIVE = 'give a .pt file of torch.save, a .safetensors file, or a folder of safetensors';

/**
 * Opens a checkpoint, whatever its form: a file that `torch.save` wrote, a safetensors file, or a folder of either.
 * What it is shows in its first bytes, not in its name. Rejects with a `ConvertError`.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const label = basename(path);
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) throw new ConvertError('not-found', `${path} does not exist; ${GIVE}`);
  if (status.isDirectory()) return openFolder(path);

  const start = await firstBytes(path, LONGEST_START);
  const begins = (magic: Buffer): boolean => start.subarray(0, magic.length).equals(magic);
  if (begins(ZIP)) return openTorchCheckpoint(path);
  if (start[8] === '{'.charCodeAt(0)) return openSafetensors([path], label);
  throw new ConvertError('format', `${label} ${nature(begins, status.size)}`);
}

function nature(begins: (magic: Buffer) => boolean, bytes: number): string {
  if (begins(LFS_POINTER)) {
    return 'is the pointer of a git-lfs file, not the file itself; fetch it with git lfs pull';
  }
  if (begins(LEGACY_TORCH)) {
    return 'is a torch file of the format before 1.6, a bare pickle, which cannot be read in parts; load it with torch and save it again';
  }
  if (begins(PICKLE)) {
    return 'is a bare pickle, which may run any code and is not read; save the state dictionary with torch.save';
  }
  return `is neither a torch nor a safetensors file (${bytes} bytes); ${GIVE}`;
}

async function openFolder(folder: string): Promise<Checkpoint> {
  const safetensors = await safetensorsOf(folder);
  if (safetensors.length > 0) return openSafetensors(safetensors, basename(folder));
  const torch = (await readdir(folder)).filter((name) => /\.(pt|bin|pth)$/.test(name));
  if (torch.length === 1) return openTorchCheckpoint(join(folder, torch[0]!));
  throw new ConvertError(
    'not-found',
    `${folder} holds no .safetensors file and ${torch.length === 0 ? 'no' : 'more than one'} torch file; ${GIVE}`,
  );
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
