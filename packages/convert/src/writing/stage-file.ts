import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { WeightKind } from '@osum/nn';
import type { TensorSource } from '../layout/tensor-sources.js';
import { convertTensor } from '../tensors/convert-tensor.js';
import { type StageLayout, type StoredTensor, scaleName } from './stage-layout.js';

const HASH_CHUNK_BYTES = 4 * 2 ** 20;

/** How files are opened; tests put a disk that fills up in its place. */
export type OpenFile = (path: string, flags: string) => Promise<FileHandle>;

/** A stage's safetensors file that is being written, tensor by tensor, each at its place. */
export class StageFile implements AsyncDisposable {
  private constructor(
    private readonly handle: FileHandle,
    private readonly layout: StageLayout,
  ) {}

  /** Opens the file, or creates it, and writes its header. What stands in it already stays. */
  static async open(path: string, layout: StageLayout, openFile: OpenFile = open): Promise<StageFile> {
    const handle = await openFile(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return openFile(path, 'w+');
    });
    try {
      await handle.truncate(layout.fileBytes);
      await writeExactly(handle, layout.header, 0);
      return new StageFile(handle, layout);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Converts a tensor into its place and returns the SHA-256 of what was written, weight before scales. Between its
   * rows the signal is looked at.
   */
  async write(source: TensorSource, kind: WeightKind, signal?: AbortSignal): Promise<string> {
    const [weight, scale] = this.#places(source.spec.name);
    const hashes = [createHash('sha256'), createHash('sha256')] as const;
    const written = [0, 0];
    const append = async (part: 0 | 1, place: StoredTensor, bytes: Uint8Array): Promise<void> => {
      hashes[part].update(bytes);
      await writeExactly(this.handle, bytes, place.byteOffset + written[part]!);
      written[part]! += bytes.byteLength;
    };
    for await (const rows of convertTensor(source, kind)) {
      signal?.throwIfAborted();
      await append(0, weight, rows.weight);
      if (rows.scale !== null) await append(1, scale!, rows.scale);
    }
    const expected = [weight.bytes, scale?.bytes ?? 0];
    if (written.join() !== expected.join()) {
      throw new Error(`${source.spec.name} came out with ${written} bytes, expected ${expected}`);
    }
    return joined(hashes);
  }

  /** The same hash of what stands in the file for a tensor. */
  async hashOf(name: string): Promise<string> {
    const hashes = [createHash('sha256'), createHash('sha256')] as const;
    for (const [part, place] of this.#places(name).entries()) {
      if (place !== undefined) await this.#hash(hashes[part]!, place.byteOffset, place.bytes);
    }
    return joined(hashes);
  }

  /** The SHA-256 of the whole file, when all is on disk. */
  async seal(signal?: AbortSignal): Promise<string> {
    await this.handle.sync();
    const hash = createHash('sha256');
    await this.#hash(hash, 0, this.layout.fileBytes, signal);
    return hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }

  #places(name: string): readonly [StoredTensor, StoredTensor | undefined] {
    return [this.layout.tensors.get(name)!, this.layout.tensors.get(scaleName(name))];
  }

  async #hash(hash: Hash, start: number, bytes: number, signal?: AbortSignal): Promise<void> {
    const buffer = Buffer.alloc(Math.min(bytes, HASH_CHUNK_BYTES));
    for (let done = 0; done < bytes; ) {
      signal?.throwIfAborted();
      const length = Math.min(buffer.length, bytes - done);
      const { bytesRead } = await this.handle.read(buffer, 0, length, start + done);
      if (bytesRead === 0) throw new Error(`the file ends at byte ${start + done}`);
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  }
}

async function writeExactly(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

function joined(hashes: readonly Hash[]): string {
  const whole = createHash('sha256');
  for (const hash of hashes) whole.update(hash.digest());
  return whole.digest('hex');
}
