import type { FileHandle } from 'node:fs/promises';
import { ConvertError } from '../convert-error.js';

/** Fills `target` from `position` on; rejects with a `ConvertError` naming `label` when the file ends before. */
export async function readExactly(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  label: string,
): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) {
      throw new ConvertError(
        'damaged',
        `${label} ends at byte ${position + done}, but ${target.length - done} more bytes of a tensor are expected there; copy the file again`,
      );
    }
    done += bytesRead;
  }
}
