import type { Backend } from './backend.js';
import { CAUSAL_MASK_SIZE, causalMaskBytes } from './causal-mask.js';
import { DeviceBuffer } from './device-buffer.js';
import { rejectAsDeviceError } from './device-error.js';
import { DeviceEvent } from './device-event.js';
import { ACL_DTYPE, type DType } from './dtype.js';
import { MappedFile } from './mapped-file.js';
import type { NativeAddon } from './native.js';
import type { OperatorTable } from './operator-table.js';
import { Stream } from './stream.js';
import type { Tensor } from './tensor.js';
import { uploadBuffer } from './upload-buffer.js';

/** Free and total bytes of a device's memory; on the host those of the configured limit. */
export interface DeviceMemory {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** One NPU, or the CPU as one. Opened by `Backend.openDevice`. */
export class Device implements AsyncDisposable {
  #causalMask: Promise<Tensor> | null = null;
  #closed: Promise<void> | null = null;
  /** Bytes of the files that are mapped now, by the mapping's number. */
  readonly #mappings = new Map<number, number>();
  /** The net under `dispose`: gives back what JavaScript forgot to. */
  readonly #forgotten = new FinalizationRegistry<() => Promise<void>>((release) => {
    release().catch(() => {
      // Nobody is left to tell; the object may have gone with a reset of the device.
    });
  });

  /** Use `Backend.openDevice`. */
  constructor(
    readonly backend: Backend,
    /** The number that the runtime gives the device, from 0. */
    readonly index: number,
    readonly id: number,
    readonly addon: NativeAddon,
    readonly operators: OperatorTable,
  ) {}

  /** Device memory of undefined content. Rejects with a `DeviceError` whose `outOfMemory` is true when it is full. */
  async allocate(bytes: number): Promise<DeviceBuffer> {
    if (!Number.isSafeInteger(bytes) || bytes <= 0)
      throw new RangeError(`a buffer has at least one byte, got ${bytes}`);
    const id = await this.#native(this.addon.bufferAllocate(this.id, bytes));
    return this.watch(new DeviceBuffer(this, id, bytes), () => this.addon.bufferRelease(id));
  }

  /** Makes a file's bytes readable by the device. Rejects when the file cannot be read or memory is full. */
  async mapFile(path: string): Promise<MappedFile> {
    const { buffer, bytes } = await this.#native(this.addon.bufferMap(this.id, path));
    this.#mappings.set(buffer, bytes);
    return this.watch(new MappedFile(this, buffer, bytes, path), () => this.#unmap(buffer));
  }

  /** Lets go of a mapped file; see `MappedFile.dispose`. */
  unmapFile(file: MappedFile): Promise<void> {
    return this.release(file, this.#unmap(file.id));
  }

  /**
   * Bytes of the files that are mapped. On the host they are used in place and are no part of what `memory` counts; on
   * an NPU they are copies in device memory, and are.
   */
  get mappedBytes(): number {
    return [...this.#mappings.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** A queue of work that runs in order, with a native thread of its own. */
  async createStream(): Promise<Stream> {
    const id = await this.#native(this.addon.streamOpen(this.id));
    return this.watch(new Stream(this, id), () => this.addon.streamClose(id));
  }

  async createEvent(): Promise<DeviceEvent> {
    const id = await this.#native(this.addon.eventCreate(this.id));
    return this.watch(new DeviceEvent(this, id), () => this.addon.eventDestroy(id));
  }

  memory(): Promise<DeviceMemory> {
    return this.#native(this.addon.deviceMemory(this.id));
  }

  /** The 2048 x 2048 triangle (u8, 1 = hidden) that causal attention takes; made once a device, 4 MiB. */
  causalMask(): Promise<Tensor> {
    this.#causalMask ??= this.#makeCausalMask();
    return this.#causalMask;
  }

  /**
   * Destroys the device's context and makes a new one: the way back after a `DeviceError` with `deviceLost`. Streams
   * end, and buffers, mapped files, events and graphs made before are void.
   */
  async reset(): Promise<void> {
    const mask = this.#takeCausalMask();
    await this.#native(this.addon.deviceReset(this.id));
    this.#mappings.clear();
    // Its memory is gone. Graphs that were captured with it hold on to its handle until their owners let go of them.
    mask.then((tensor) => tensor?.storage.dispose()).catch(() => {});
  }

  /** Gives the device back. Dispose of streams and buffers first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `cubeMathType` of float products: exact f32 where the chip has it (ABI reference 4.1). */
  get matmulPrecision(): number {
    return this.backend.soc.startsWith('Ascend310P') ? 1 : 0;
  }

  /** `cubeMathType` of convolutions: NPUs are documented to take f32 only with reduced precision. */
  get convolutionPrecision(): number {
    return this.backend.kind === 'npu' ? 1 : 0;
  }

  dtypeNumber(dtype: DType): number {
    return ACL_DTYPE[dtype];
  }

  /** `NPU 0 (Ascend910B4)` or `host device 0 (CPU)`. */
  toString(): string {
    return this.backend.kind === 'npu'
      ? `NPU ${this.index} (${this.backend.soc})`
      : `host device ${this.index} (CPU)`;
  }

  /** Releases a native object when its JavaScript side is collected. `release` must not hold on to it. */
  watch<T extends object>(object: T, release: () => Promise<void>): T {
    this.#forgotten.register(object, release, object);
    return object;
  }

  /** Releases a native object by its owner's `dispose`; failures are those of this device. */
  release(object: object, released: Promise<void>): Promise<void> {
    this.#forgotten.unregister(object);
    return this.#native(released);
  }

  #unmap(id: number): Promise<void> {
    this.#mappings.delete(id);
    return this.addon.bufferRelease(id);
  }

  async #close(): Promise<void> {
    await (await this.#takeCausalMask())?.storage.dispose();
    await this.#native(this.addon.deviceClose(this.id));
  }

  async #makeCausalMask(): Promise<Tensor> {
    try {
      const buffer = await uploadBuffer(this, causalMaskBytes());
      return buffer.tensor('u8', [CAUSAL_MASK_SIZE, CAUSAL_MASK_SIZE]);
    } catch (error) {
      this.#causalMask = null;
      throw error;
    }
  }

  /** The mask as it was, if it was ever made; the next `causalMask` makes another. */
  #takeCausalMask(): Promise<Tensor | null> {
    const mask = this.#causalMask ?? Promise.resolve(null);
    this.#causalMask = null;
    return mask.catch(() => null);
  }

  #native<T>(work: Promise<T>): Promise<T> {
    return work.catch((failure: unknown) => rejectAsDeviceError(failure, this));
  }
}
