import type { Device } from '../device.js';
import type { DeviceBuffer } from '../device-buffer.js';
import { DeviceError } from '../device-error.js';
import type { DeviceEvent } from '../device-event.js';
import type { Stream } from '../stream.js';
import type { DeviceState } from './scheduling.js';

/** What a lease works with; kept between leases. */
export interface Slot {
  readonly stream: Stream;
  /** Marks the end of the latest prefetch. */
  readonly prefetched: DeviceEvent;
  memory: DeviceBuffer | null;
}

/** A scheduler's view of one device: its slots, what is held, and whether it is well. */
export class DeviceShare {
  state: DeviceState = 'in-service';
  reason: string | null = null;
  faults = 0;
  /** Leases granted and not returned. */
  held = 0;
  outstandingSeconds = 0;
  /** As of the latest allocation; infinite before the first. */
  freeBytes = Number.POSITIVE_INFINITY;
  readonly #spare: Slot[] = [];
  #copyStream: Promise<Stream> | null = null;

  constructor(readonly device: Device) {}

  /** Whether an idle slot already has this much memory, so that nothing must be allocated. */
  fits(arenaBytes: number): boolean {
    return (
      this.#spare.some((slot) => (slot.memory?.bytes ?? 0) >= arenaBytes) || this.freeBytes >= arenaBytes
    );
  }

  /** A slot with at least `arenaBytes` of memory. Rejects with a `DeviceError` when the device has not that much. */
  async take(arenaBytes: number): Promise<Slot> {
    const slot = this.#takeSpare(arenaBytes) ?? (await this.#makeSlot());
    try {
      await this.#grow(slot, arenaBytes);
      return slot;
    } catch (error) {
      this.#spare.push(slot);
      throw error;
    }
  }

  giveBack(slot: Slot): void {
    this.#spare.push(slot);
  }

  /** The stream for copies beside the computation. */
  copyStream(): Promise<Stream> {
    this.#copyStream ??= this.device.createStream().catch((error: unknown) => {
      this.#copyStream = null;
      throw error;
    });
    return this.#copyStream;
  }

  /** Disposes of idle slots and the copy stream. */
  async clear(): Promise<void> {
    const streams = this.#copyStream === null ? [] : [await this.#copyStream];
    this.#copyStream = null;
    for (const slot of this.#spare.splice(0)) {
      await slot.prefetched.dispose();
      await slot.memory?.dispose();
      streams.push(slot.stream);
    }
    for (const stream of streams) await stream.dispose();
  }

  /** The spare slot whose memory fits best: the smallest that is enough, else the largest. */
  #takeSpare(arenaBytes: number): Slot | undefined {
    const bytes = (slot: Slot) => slot.memory?.bytes ?? 0;
    const bySize = this.#spare.toSorted((a, b) => bytes(a) - bytes(b));
    const best = bySize.find((slot) => bytes(slot) >= arenaBytes) ?? bySize.at(-1);
    if (best !== undefined) this.#spare.splice(this.#spare.indexOf(best), 1);
    return best;
  }

  async #makeSlot(): Promise<Slot> {
    const stream = await this.device.createStream();
    return { stream, prefetched: await this.device.createEvent(), memory: null };
  }

  async #grow(slot: Slot, arenaBytes: number): Promise<void> {
    if ((slot.memory?.bytes ?? 0) >= arenaBytes) return;
    await slot.memory?.dispose();
    slot.memory = null;
    try {
      slot.memory = await this.device.allocate(arenaBytes);
    } catch (error) {
      if (!(error instanceof DeviceError && error.outOfMemory)) throw error;
      // Idle slots may sit on the memory that is missing.
      for (const idle of this.#spare) {
        await idle.memory?.dispose();
        idle.memory = null;
      }
      slot.memory = await this.device.allocate(arenaBytes);
    }
    this.freeBytes = (await this.device.memory()).freeBytes;
  }
}
