import type { Device } from './device.js';

/** Device-visible memory that tensors view: a `DeviceBuffer` or a `MappedFile`. */
export interface Storage {
  readonly device: Device;
  /** Number of the native buffer; programs name memory by it. */
  readonly id: number;
  readonly bytes: number;
  readonly writable: boolean;
  /** Gives the memory back once no submitted program uses it. */
  dispose(): Promise<void>;
}
