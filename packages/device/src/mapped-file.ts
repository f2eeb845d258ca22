import type { Device } from './device.js';
import { tensorAt } from './device-buffer.js';
import type { DType } from './dtype.js';
import type { Storage } from './storage.js';
import type { Tensor } from './tensor.js';

/**
 * A file whose bytes a device can read: mapped and used in place on the host, copied into device memory on an NPU.
 * Read-only. Made by `Device.mapFile`.
 */
export class MappedFile implements Storage, AsyncDisposable {
  readonly writable = false;
  #released: Promise<void> | null = null;

  constructor(
    readonly device: Device,
    readonly id: number,
    readonly bytes: number,
    readonly path: string,
  ) {}

  /** A contiguous tensor at `byteOffset` of the file, which must be a multiple of the element size. */
  tensor(dtype: DType, shape: readonly number[], byteOffset: number): Tensor {
    return tensorAt(this, dtype, shape, byteOffset);
  }

  /** Unmaps the file once no submitted program uses it; resolves then. */
  dispose(): Promise<void> {
    this.#released ??= this.device.unmapFile(this);
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
