import type { DeviceBuffer } from './device-buffer.js';
import { bytesOf, type DType } from './dtype.js';
import { contiguousStrides, elementCount, shapeText } from './shape.js';
import { Tensor } from './tensor.js';

/** Starts are multiples of this many bytes; a block's length is a multiple of it too (ABI reference 2.6 asks for 64). */
export const ARENA_ALIGNMENT = 512;

/** Thrown when an arena is too small; says how many bytes would have been enough so far. */
export class ArenaFullError extends Error {
  override readonly name = 'ArenaFullError';

  constructor(
    message: string,
    /** Bytes that the arena would have needed up to and including the refused block. */
    readonly neededBytes: number,
  ) {
    super(message);
  }
}

/**
 * A bump allocator over one buffer. A program's intermediate tensors come from here, so nothing is allocated on the
 * device while it runs. Memory released with `release` may be handed out again at once: programs of one stream run in
 * order, so a later program cannot overtake an earlier one that still reads it. An arena therefore serves one stream.
 */
export class Arena {
  #top = 0;
  #peak = 0;

  constructor(readonly buffer: DeviceBuffer) {}

  get device() {
    return this.buffer.device;
  }

  /** Bytes handed out now. */
  get usedBytes(): number {
    return this.#top;
  }

  /** The most bytes ever handed out at once; sizes the next arena. */
  get peakBytes(): number {
    return this.#peak;
  }

  get freeBytes(): number {
    return this.buffer.bytes - this.#top;
  }

  /** A contiguous tensor of undefined content. Throws `ArenaFullError`. */
  tensor(dtype: DType, shape: readonly number[]): Tensor {
    const start = this.#top;
    const end = start + roundUp(Math.max(1, bytesOf(dtype, elementCount(shape))));
    if (end > this.buffer.bytes) {
      throw new ArenaFullError(
        `arena of ${this.buffer.bytes} bytes has ${this.freeBytes} left, but ${dtype}${shapeText(shape)} needs ${end - start}; lease a larger arena or release marks earlier`,
        end,
      );
    }
    this.#top = end;
    if (end > this.#peak) this.#peak = end;
    const offset = (start * 8) / bitsPerElement(dtype);
    return new Tensor(this.buffer, dtype, [...shape], contiguousStrides(shape), offset);
  }

  /** The present fill level, to `release` back to. */
  mark(): number {
    return this.#top;
  }

  /** Gives back everything handed out since `mark`. */
  release(mark: number): void {
    if (mark < 0 || mark > this.#top) {
      throw new RangeError(`mark ${mark} is not a level of this arena, which is filled to ${this.#top}`);
    }
    this.#top = mark;
  }

  /** Runs `body` and releases what it took from the arena, also when it throws. Its result must not live in there. */
  scope<T>(body: () => T): T {
    const mark = this.mark();
    try {
      return body();
    } finally {
      this.release(mark);
    }
  }

  /** Bytes that `tensor(dtype, shape)` takes, for planning. */
  static bytesFor(dtype: DType, shape: readonly number[]): number {
    return roundUp(Math.max(1, bytesOf(dtype, elementCount(shape))));
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / ARENA_ALIGNMENT) * ARENA_ALIGNMENT;
}

function bitsPerElement(dtype: DType): number {
  return bytesOf(dtype, 2) * 4;
}
