import { Arena } from '../arena.js';
import type { Device } from '../device.js';
import { Program } from '../program/program.js';
import type { RunOptions, RunReport, Stream } from '../stream.js';
import type { Slot } from './device-share.js';
import type { Lease, Prefetch } from './scheduling.js';

/** What a lease tells its scheduler. */
export interface LeaseOwner {
  failed(error: unknown): void;
  returned(): void;
}

/** A granted lease. The slot goes back when it was released and nothing of it runs any more. */
export class HeldLease implements Lease {
  readonly arena: Arena;
  #running = 0;
  #released = false;

  constructor(
    readonly device: Device,
    readonly slot: Slot,
    readonly copies: Stream,
    readonly owner: LeaseOwner,
  ) {
    if (slot.memory === null) throw new Error('a leased slot has memory');
    this.arena = new Arena(slot.memory);
  }

  get stream(): Stream {
    return this.slot.stream;
  }

  run(program: Program, options?: RunOptions): Promise<RunReport> {
    return this.#watch(this.stream.run(program, options));
  }

  prefetch(copies: readonly Prefetch[]) {
    const program = new Program(this.arena);
    for (const { target, data } of copies) program.upload(target, data);
    program.record(this.slot.prefetched);
    return { event: this.slot.prefetched, done: this.#watch(this.copies.run(program)) };
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#returnWhenIdle();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  async #watch(work: Promise<RunReport>): Promise<RunReport> {
    if (this.#released) throw new Error('this lease was released; take another');
    this.#running++;
    try {
      return await work;
    } catch (error) {
      this.owner.failed(error);
      throw error;
    } finally {
      this.#running--;
      this.#returnWhenIdle();
    }
  }

  #returnWhenIdle(): void {
    if (this.#released && this.#running === 0) this.owner.returned();
  }
}
