import type { Device } from './device.js';
import { bytesOf, type DType, elementsIn } from './dtype.js';
import { contiguousStrides, elementCount } from './shape.js';
import type { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** Device memory with a life of its own. Content is undefined until written. Made by `Device.allocate`. */
export class DeviceBuffer implements Storage, AsyncDisposable {
  readonly writable = true;
  #released: Promise<void> | null = null;

  constructor(
    readonly device: Device,
    readonly id: number,
    readonly bytes: number,
  ) {}

  /** A contiguous tensor at `byteOffset`, which must be a multiple of the element size. */
  tensor(dtype: DType, shape: readonly number[], byteOffset = 0): Tensor {
    return tensorAt(this, dtype, shape, byteOffset);
  }

  /** Gives the memory back once no submitted program uses it; resolves then. Tensors of it are void from now on. */
  dispose(): Promise<void> {
    this.#released ??= this.device.release(this, this.device.addon.bufferRelease(this.id));
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** A contiguous tensor at a byte offset of any storage. */
export function tensorAt(
  storage: Storage,
  dtype: DType,
  shape: readonly number[],
  byteOffset: number,
): Tensor {
  const offset = elementsIn(dtype, byteOffset);
  if (bytesOf(dtype, offset) !== byteOffset) {
    throw new RangeError(
      `a ${dtype} tensor cannot start at byte ${byteOffset}: not a multiple of its element size`,
    );
  }
  if (bytesOf(dtype, offset + elementCount(shape)) > storage.bytes) {
    throw new RangeError(
      `${dtype}[${shape.join(', ')}] at byte ${byteOffset} leaves its storage of ${storage.bytes} bytes`,
    );
  }
  return new Tensor(storage, dtype, [...shape], contiguousStrides(shape), offset);
}
