import { type DType, isFloat } from '../dtype.js';
import { bytesFromValues, valuesFromBytes } from '../host-values.js';
import type { Tensor } from '../tensor.js';

/** Host data that a program takes. `Uint8Array`s are raw little-endian; other typed arrays must fit the dtype. */
export type HostData = Uint8Array | Float32Array | Int32Array | BigInt64Array | Uint16Array | Int8Array;

/** Which typed arrays hold the elements of a dtype as they are. */
const ARRAY_OF: Readonly<Partial<Record<DType, string>>> = {
  f32: 'Float32Array',
  i32: 'Int32Array',
  i64: 'BigInt64Array',
  bf16: 'Uint16Array',
  f16: 'Uint16Array',
  i8: 'Int8Array',
};

/**
 * A copy from the host at a place in a program. The source may be set anew between runs; its bytes must stay unchanged
 * until the run that uses them has settled.
 */
export class Upload {
  #source: Uint8Array | null = null;

  constructor(
    readonly target: Tensor,
    readonly index: number,
  ) {}

  /** Bytes that the next run copies; throws when none were set. */
  get source(): Uint8Array {
    if (this.#source === null) {
      throw new Error(
        `upload ${this.index} into ${this.target} has no source yet: call set() before the run`,
      );
    }
    return this.#source;
  }

  /** Takes host data of exactly the target's size, by reference. */
  set(data: HostData): this {
    const wanted = ARRAY_OF[this.target.dtype];
    const given = Object.prototype.toString.call(data).slice(8, -1);
    if (given !== 'Uint8Array' && given !== wanted) {
      throw new TypeError(
        `upload into ${this.target} takes a Uint8Array or ${wanted ?? 'nothing else'}, got ${given}`,
      );
    }
    if (data.byteLength !== this.target.bytes) {
      throw new RangeError(
        `upload into ${this.target} takes ${this.target.bytes} bytes, got ${data.byteLength}`,
      );
    }
    this.#source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this;
  }

  /** Encodes numbers in the target's dtype and takes them. */
  setValues(values: ArrayLike<number>): this {
    return this.set(bytesFromValues(this.target.dtype, values));
  }
}

/** A copy to the host at a place in a program. Each run fills a fresh array. */
export class Download {
  #bytes: Uint8Array | null = null;

  constructor(
    readonly source: Tensor,
    readonly index: number,
  ) {}

  /** Raw little-endian elements of the latest finished run; throws before the first. */
  get bytes(): Uint8Array {
    if (this.#bytes === null)
      throw new Error(`download of ${this.source} has no data: its program has not finished yet`);
    return this.#bytes;
  }

  /** The elements as numbers; `i64` beyond 2^53 loses precision. */
  values(): Float64Array {
    return valuesFromBytes(this.source.dtype, this.bytes);
  }

  /** The elements of a float tensor as `Float32Array`, without a copy for f32. */
  float32(): Float32Array {
    const { bytes } = this;
    if (!isFloat(this.source.dtype))
      throw new TypeError(`float32() reads float tensors, this is ${this.source}`);
    if (this.source.dtype === 'f32')
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    return Float32Array.from(this.values());
  }

  /** Called by the stream when a run has finished. */
  settle(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }
}

/**
 * Integers on the host that an operator reads while it is submitted, such as sequence lengths. They may be set anew
 * between runs and replays; the number of them is fixed in a captured graph.
 */
export class Lengths {
  #values: Float64Array;

  constructor(
    values: readonly number[],
    readonly index: number,
  ) {
    this.#values = checked(values);
  }

  get values(): Float64Array {
    return this.#values;
  }

  set(values: readonly number[]): this {
    this.#values = checked(values);
    return this;
  }
}

function checked(values: readonly number[]): Float64Array {
  for (const value of values) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`lengths are non-negative integers, got ${value}`);
    }
  }
  return Float64Array.from(values);
}
