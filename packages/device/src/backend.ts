import type { Device } from './device.js';
import type { HostControls } from './host-controls.js';

/** The opened AscendCL implementation. One a process. */
export interface Backend {
  readonly kind: 'npu' | 'host';
  /** Such as `Ascend910B4`; on the host the chip whose rules are followed. */
  readonly soc: string;
  /** How this backend came to be chosen, one sentence an attempt, in order. */
  readonly why: readonly string[];
  /** The files of the opened libraries. */
  readonly libraries: readonly string[];
  /** CANN's version, else that of the ACL API, `null` when the runtime tells neither. */
  readonly version: string | null;
  /** Number of visible devices. */
  readonly devices: number;
  /** Counters, faults and kernels of libhostacl; `null` on NPUs. */
  readonly host: HostControls | null;
  /** Opens a device, 0 by default; one index may be opened more than once. */
  openDevice(index?: number): Promise<Device>;
}

/** Which backend to open: `auto` takes CANN when it is installed and a device answers, else the host. */
export type BackendPreference = 'auto' | 'npu' | 'host';

/** Options of `openBackend`. */
export interface BackendOptions {
  /** Default: the environment's `OSUM_DEVICE`, else `auto`. */
  readonly prefer?: BackendPreference;
}
