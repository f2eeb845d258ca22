import { Arena, type Device, type DeviceBuffer, Program, type Stream, type Tensor } from '@osum/device';

/** Thrown when every slot is taken. */
export class OutOfSlotsError extends Error {
  override readonly name = 'OutOfSlotsError';

  constructor(slots: number) {
    super(`all ${slots} greedy slots are taken; wait until a generation ends, or allow more sequences`);
  }
}

/**
 * Which tokens each greedy generation has produced, as masks on the device: bool [slots + 1, vocab]. The last row takes
 * the marks of outputs that have none.
 */
export class PenaltyMasks implements AsyncDisposable {
  /** bool [slots + 1, vocab] */
  readonly mask: Tensor;
  /** bool [slots, 1] of ones, the source of marks. */
  readonly ones: Tensor;
  readonly #free: number[];
  /** Slots whose rows still hold the marks of an earlier generation. */
  readonly #stale = new Set<number>();

  private constructor(
    readonly slots: number,
    readonly vocab: number,
    private readonly buffer: DeviceBuffer,
  ) {
    const arena = new Arena(buffer);
    this.mask = arena.tensor('bool', [slots + 1, vocab]);
    this.ones = arena.tensor('bool', [slots, 1]);
    this.#free = Array.from({ length: slots }, (_, i) => slots - 1 - i);
  }

  static async create(device: Device, slots: number, vocab: number): Promise<PenaltyMasks> {
    const masks = new PenaltyMasks(slots, vocab, await device.allocate(PenaltyMasks.bytesFor(slots, vocab)));
    const stream = await device.createStream();
    try {
      const program = new Program(new Arena(masks.buffer));
      program.zero(masks.mask);
      program.fill(masks.ones, 1);
      await stream.run(program);
    } finally {
      await stream.dispose();
    }
    return masks;
  }

  static bytesFor(slots: number, vocab: number): number {
    return Arena.bytesFor('bool', [slots + 1, vocab]) + Arena.bytesFor('bool', [slots, 1]);
  }

  get freeSlots(): number {
    return this.#free.length;
  }

  /** The row that counts nothing. */
  get unusedSlot(): number {
    return this.slots;
  }

  /** A slot for one generation; throws `OutOfSlotsError`. */
  acquire(): number {
    const slot = this.#free.pop();
    if (slot === undefined) throw new OutOfSlotsError(this.slots);
    return slot;
  }

  /** Gives a slot back. */
  release(slot: number): void {
    if (slot < 0 || slot >= this.slots || this.#free.includes(slot)) {
      throw new RangeError(`greedy slot ${slot} is not taken`);
    }
    this.#stale.add(slot);
    this.#free.push(slot);
  }

  /** Clears the rows of those slots that an earlier generation has marked, ahead of what follows on the stream. */
  clearStale(stream: Stream, slots: readonly number[]): void {
    const stale = slots.filter((slot) => this.#stale.has(slot));
    if (stale.length === 0) return;
    const program = new Program(new Arena(this.buffer));
    for (const slot of stale) {
      program.zero(this.mask.rows(slot, slot + 1));
      this.#stale.delete(slot);
    }
    // A failure also fails the run that follows on this stream, which is awaited.
    stream.run(program).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buffer.dispose();
  }
}
