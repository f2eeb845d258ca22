import type { Device } from '../device.js';
import { DeviceError } from '../device-error.js';
import { DeviceShare } from './device-share.js';
import { HeldLease } from './held-lease.js';
import { LeaseQueue, type Waiting } from './lease-queue.js';
import { recover } from './recovery.js';
import { ResidentSet } from './residents.js';
import { SchedulerFullError } from './scheduler-full-error.js';
import type {
  DeviceHealth,
  Lease,
  LeaseRequest,
  Resident,
  SchedulerOptions,
  SchedulerStats,
} from './scheduling.js';

interface Request extends LeaseRequest {
  readonly grant: (lease: Lease) => void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Owns the devices of a process: every batch of every stage asks it for a lease. It places work by outstanding cost and
 * free memory, bounds what is in flight, and takes a faulty device out of service until it is rebuilt.
 */
export class DeviceScheduler {
  readonly #shares: readonly DeviceShare[];
  readonly #queue: LeaseQueue<Request>;
  readonly #residents: ResidentSet<unknown>[] = [];
  readonly #listeners = new Set<(health: DeviceHealth) => void>();
  readonly #leasesPerDevice: number;
  readonly #maxQueued: number;
  readonly #recoveryDelaysMs: readonly number[];
  readonly #closing = new AbortController();
  readonly #counters = { granted: 0, cancelled: 0, refused: 0, waitedMs: 0 };
  #idle: (() => void) | null = null;

  /** The devices stay the caller's: `close` gives back what was leased of them and leaves them open. */
  constructor(devices: readonly Device[], options: SchedulerOptions = {}) {
    if (devices.length === 0) throw new RangeError('a scheduler takes at least one device, got none');
    const {
      leasesPerDevice = 2,
      maxQueued = 256,
      ageingMs = 1000,
      recoveryDelaysMs = [100, 1000, 10_000],
    } = options;
    this.#shares = devices.map((device) => new DeviceShare(device));
    this.#queue = new LeaseQueue(ageingMs);
    this.#leasesPerDevice = leasesPerDevice;
    this.#maxQueued = maxQueued;
    this.#recoveryDelaysMs = recoveryDelaysMs;
  }

  get devices(): readonly Device[] {
    return this.#shares.map((share) => share.device);
  }

  /**
   * Waits for a share of a device. Rejects with `SchedulerFullError` at once when too many wait already, with a
   * `DeviceError` when no device has the memory, and with the signal's reason on abort.
   */
  lease(request: LeaseRequest): Promise<Lease> {
    request.signal?.throwIfAborted();
    if (this.#closing.signal.aborted) return Promise.reject(new Error('the device scheduler is closed'));
    if (request.device !== undefined && !this.devices.includes(request.device)) {
      return Promise.reject(new Error(`${request.device} is not one of this scheduler's devices`));
    }
    if (this.#queue.size >= this.#maxQueued) {
      this.#counters.refused++;
      return Promise.reject(new SchedulerFullError(this.#queue.size, this.#retryAfterMs()));
    }
    return new Promise((resolve, reject) => {
      const { signal } = request;
      const abort = () => {
        if (!this.#queue.remove(waiting)) return;
        this.#counters.cancelled++;
        reject(signal?.reason);
      };
      const settle = () => signal?.removeEventListener('abort', abort);
      const waiting = this.#queue.push(request.priority ?? 0, {
        ...request,
        grant: (lease) => {
          settle();
          resolve(lease);
        },
        refuse: (reason) => {
          settle();
          reject(reason);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#place();
    });
  }

  /** Loads something on each device, now and again whenever a device was rebuilt. */
  async resident<T>(
    name: string,
    load: (device: Device) => Promise<T>,
    unload: (value: T) => Promise<void> = async () => {},
  ): Promise<Resident<T>> {
    const set = new ResidentSet(name, load, unload);
    this.#residents.push(set as ResidentSet<unknown>);
    for (const share of this.#shares) await set.loadOn(share.device);
    return set;
  }

  health(): DeviceHealth[] {
    return this.#shares.map(healthOf);
  }

  /** Calls `listener` at each change of a device's state; returns how to stop that. */
  onHealth(listener: (health: DeviceHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): SchedulerStats {
    const { granted, cancelled, refused, waitedMs } = this.#counters;
    return {
      queued: this.#queue.size,
      held: this.#held(),
      granted,
      cancelled,
      refused,
      outstandingSeconds: this.#shares.map((share) => share.outstandingSeconds),
      meanWaitMs: granted === 0 ? 0 : waitedMs / granted,
    };
  }

  /** Refuses what waits, waits for leases held, then unloads residents and frees streams and arenas. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error('the device scheduler was closed'));
    for (const waiting of this.#queue.inOrder()) {
      this.#queue.remove(waiting);
      waiting.value.refuse(this.#closing.signal.reason);
    }
    if (this.#held() > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    for (const share of this.#shares) {
      for (const set of this.#residents) await set.unloadFrom(share.device);
      await share.clear();
      share.state = 'closed';
      share.reason = 'the scheduler was closed';
    }
  }

  /** Grants whatever can be granted now, most urgent first; a request that must wait does not hold up others. */
  #place(): void {
    for (const waiting of this.#queue.inOrder()) {
      const share = this.#shareFor(waiting.value);
      if (share === null) continue;
      this.#queue.remove(waiting);
      share.held++;
      share.outstandingSeconds += waiting.value.costSeconds;
      void this.#grant(share, waiting);
    }
  }

  /** The least loaded device that may take the request; between equals the one with more free memory. */
  #shareFor(request: Request): DeviceShare | null {
    const open = this.#shares.filter(
      (share) =>
        share.state === 'in-service' &&
        share.held < this.#leasesPerDevice &&
        (request.device === undefined || request.device === share.device),
    );
    const roomy = open.filter((share) => share.fits(request.arenaBytes));
    const byLoad = (a: DeviceShare, b: DeviceShare) =>
      a.outstandingSeconds - b.outstandingSeconds || a.held - b.held || b.freeBytes - a.freeBytes;
    return (roomy.length > 0 ? roomy : open).sort(byLoad)[0] ?? null;
  }

  async #grant(share: DeviceShare, waiting: Waiting<Request>): Promise<void> {
    const { arenaBytes, costSeconds, grant, refuse, signal } = waiting.value;
    const giveUp = () => {
      share.held--;
      share.outstandingSeconds = Math.max(0, share.outstandingSeconds - costSeconds);
    };
    try {
      const slot = await share.take(Math.max(1, arenaBytes));
      const copies = await share.copyStream();
      const lease = new HeldLease(share.device, slot, copies, {
        failed: (error) => this.#judge(share, error),
        returned: () => {
          share.giveBack(slot);
          giveUp();
          this.#afterReturn();
        },
      });
      if (signal?.aborted) {
        lease.release();
        this.#counters.cancelled++;
        refuse(signal.reason);
        return;
      }
      this.#counters.granted++;
      this.#counters.waitedMs += performance.now() - waiting.sinceMs;
      grant(lease);
    } catch (error) {
      giveUp();
      this.#judge(share, error);
      // Nothing of the request has run: another device may take it, or this one when it is back.
      if (isLost(error) && !signal?.aborted && !this.#closing.signal.aborted) this.#queue.putBack(waiting);
      else refuse(error);
      this.#afterReturn();
    }
  }

  #afterReturn(): void {
    if (this.#held() === 0) this.#idle?.();
    this.#place();
  }

  /** Takes the device out of service when the error says that it is lost. */
  #judge(share: DeviceShare, error: unknown): void {
    if (!isLost(error) || share.state !== 'in-service') return;
    share.faults++;
    this.#setState(share, 'recovering', error.message);
    const { signal } = this.#closing;
    recover(share, this.#residents, this.#recoveryDelaysMs, signal, (reason) => {
      this.#setState(share, 'recovering', reason);
    }).then(
      () => {
        this.#setState(share, 'in-service', null);
        this.#place();
      },
      () => {
        // Only closing ends the attempts; `close` sets the state.
      },
    );
  }

  #setState(share: DeviceShare, state: 'in-service' | 'recovering', reason: string | null): void {
    share.state = state;
    share.reason = reason;
    for (const listener of this.#listeners) listener(healthOf(share));
  }

  #held(): number {
    return this.#shares.reduce((sum, share) => sum + share.held, 0);
  }

  #retryAfterMs(): number {
    const queued = this.#queue.inOrder().reduce((sum, { value }) => sum + value.costSeconds, 0);
    const held = this.#shares.reduce((sum, share) => sum + share.outstandingSeconds, 0);
    return Math.min(10_000, Math.max(50, Math.round(((queued + held) * 1000) / this.#shares.length)));
  }
}

function isLost(error: unknown): error is DeviceError {
  return error instanceof DeviceError && error.deviceLost;
}

function healthOf({ device, state, reason, faults }: DeviceShare): DeviceHealth {
  return { device, state, reason, faults };
}
