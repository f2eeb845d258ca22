import type { Device } from './device.js';

/** The opened AscendCL implementation. One a process. */
export interface Backend {
  readonly kind: 'npu' | 'host';
  /** Such as `Ascend910B4`. */
  readonly soc: string;
  /** How this backend came to be chosen, one sentence an attempt, in order. */
  readonly why: readonly string[];
  /** The files of the opened libraries. */
  readonly libraries: readonly string[];
  /** CANN's version, else that of the ACL API, `null` when the runtime tells neither. */
  readonly version: string | null;
  /** Number of visible devices. */
  readonly devices: number;
  /** Opens a device; the same index may be opened more than once. */
  openDevice(index?: number): Promise<Device>;
}

/** Options of `openBackend`. */
export interface BackendOptions {
  /** `auto` (default) takes CANN when it is installed and a device answers, else the host. */
  readonly prefer?: 'auto' | 'npu' | 'host';
}
