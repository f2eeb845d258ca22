import type { Arena } from '../arena.js';
import type { Device } from '../device.js';
import type { DeviceEvent } from '../device-event.js';
import type { Program } from '../program/program.js';
import type { HostData } from '../program/transfers.js';
import type { RunOptions, RunReport, Stream } from '../stream.js';
import type { Tensor } from '../tensor.js';

/** Options of `DeviceScheduler`. */
export interface SchedulerOptions {
  /** Leases that may be held at once on a device; default 2, so that one computes while the next prepares. */
  readonly leasesPerDevice?: number;
  /** Requests that may wait; one more is refused with `SchedulerFullError`. Default 256. */
  readonly maxQueued?: number;
  /** Waiting this long raises a request by one priority, so that none starves. Default 1000. */
  readonly ageingMs?: number;
  /** Pauses between attempts to bring a faulty device back; the last repeats. Default 100, 1000, 10000. */
  readonly recoveryDelaysMs?: readonly number[];
}

/** What a piece of work asks for. */
export interface LeaseRequest {
  /** Higher goes first. Default 0. */
  readonly priority?: number;
  /** Estimated seconds of device time; places work on the least loaded device. */
  readonly costSeconds: number;
  /** Bytes of intermediate tensors. The lease's arena has at least as many. */
  readonly arenaBytes: number;
  /** Only this device will do, because state such as a KV cache lives there. */
  readonly device?: Device;
  /** Leaves the queue on abort. */
  readonly signal?: AbortSignal;
}

/** The right to use a device: a stream and an arena for one holder. Release it in a `finally` or with `using`. */
export interface Lease extends Disposable {
  readonly device: Device;
  readonly stream: Stream;
  /** Empty at the start of the lease; its memory is reused by later leases. */
  readonly arena: Arena;
  /** Runs a program on the lease's stream; a fault takes the device out of service and rejects as usual. */
  run(program: Program, options?: RunOptions): Promise<RunReport>;
  /**
   * Copies host data into tensors on the device's copy stream while the compute stream works on something else. A
   * program calls `wait(event)` before it reads them.
   */
  prefetch(copies: readonly Prefetch[]): { readonly event: DeviceEvent; readonly done: Promise<RunReport> };
  /** Returns the device share; work still running keeps it until finished. Releasing twice is harmless. */
  release(): void;
}

/** One copy of `Lease.prefetch`: `data` has exactly the target's bytes and stays unchanged until `done`. */
export interface Prefetch {
  readonly target: Tensor;
  readonly data: HostData;
}

/** In service, being rebuilt after a fault, or given up after `close`. */
export type DeviceState = 'in-service' | 'recovering' | 'closed';

/** One device as the scheduler sees it. */
export interface DeviceHealth {
  readonly device: Device;
  readonly state: DeviceState;
  /** Why it is not in service, `null` when it is. */
  readonly reason: string | null;
  /** Faults since the start. */
  readonly faults: number;
}

/** Counters for metrics. */
export interface SchedulerStats {
  readonly queued: number;
  /** Leases held now. */
  readonly held: number;
  readonly granted: number;
  readonly cancelled: number;
  readonly refused: number;
  /** Seconds of estimated work held now, per device in the order given to the scheduler. */
  readonly outstandingSeconds: readonly number[];
  /** Mean milliseconds that granted requests waited. */
  readonly meanWaitMs: number;
}

/** Something that lives on each device, such as a model's weights; loaded again when a device was rebuilt. */
export interface Resident<T> {
  readonly name: string;
  /** The instance of a device in service; throws while it is being rebuilt. */
  on(device: Device): T;
}
