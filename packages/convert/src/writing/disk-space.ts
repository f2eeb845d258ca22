import { statfs } from 'node:fs/promises';
import { ConvertError } from '../convert-error.js';

/** Room that is left for everything else on the disk. */
const SPARE_BYTES = 64 * 2 ** 20;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Throws a `ConvertError` when the disk of `folder` has no room for so many more bytes. */
export async function checkDiskSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  throw new ConvertError(
    'space',
    `the package needs ${gigabytes(bytes)} more on the disk of ${folder}, which has ${gigabytes(free)} free; make room, or convert onto another disk with --out`,
  );
}

/** Runs what writes; a full disk becomes a `ConvertError` that says how to go on. */
export async function untilDiskIsFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw new ConvertError(
      'space',
      'the disk filled up while the package was written; make room and run the same command again: it goes on where it stopped',
      { cause: error },
    );
  }
}
