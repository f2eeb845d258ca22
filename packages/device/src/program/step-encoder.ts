import { ACL_DTYPE, type DType } from '../dtype.js';
import type { Storage } from '../storage.js';
import type { Tensor } from '../tensor.js';

/** Kinds of arguments in program words; `Tag` in native/ascendcl/src/program.h has the same numbers. */
export const TAG = {
  absent: 0,
  tensor: 1,
  int: 2,
  float: 3,
  scalar: 4,
  ints: 5,
  lengths: 6,
  text: 7,
  list: 8,
} as const;

/** Steps that are not operators, numbered below zero; `SpecialStep` in program.h has the same numbers. */
export const STEP = { upload: -1, download: -2, record: -3, wait: -4 } as const;

/** `aclFormat` numbers (ABI reference 3.2). */
export const FORMAT = { nd: 2, ncl: 47 } as const;

/**
 * Writes the words that the addon executes. A step is `[operation, argument count, arguments...]`; an argument is
 * `[tag, ...]`; a tensor is `[tag, buffer, offset, dtype, format, rank, extents..., strides...]` where `buffer` indexes
 * the table of storages that travels with each run.
 */
export class StepEncoder {
  readonly #words: number[] = [];
  readonly #storages = new Map<Storage, number>();
  #countAt = 0;
  #steps = 0;

  get steps(): number {
    return this.#steps;
  }

  get storages(): Storage[] {
    return [...this.#storages.keys()];
  }

  words(): Float64Array {
    return Float64Array.from(this.#words);
  }

  begin(operation: number): this {
    this.#words.push(operation, 0);
    this.#countAt = this.#words.length - 1;
    this.#steps++;
    return this;
  }

  transfer(kind: 'upload' | 'download', slot: number, tensor: Tensor): void {
    this.begin(STEP[kind]).int(slot).tensor(tensor);
  }

  event(kind: 'record' | 'wait', slot: number): void {
    this.begin(STEP[kind]).int(slot);
  }

  tensor(tensor: Tensor | null, format: number = FORMAT.nd): this {
    this.#count();
    this.#tensor(tensor, format);
    return this;
  }

  /** Integers, booleans and enumerations. */
  int(value: number | boolean): this {
    this.#count();
    this.#words.push(TAG.int, Number(value));
    return this;
  }

  float(value: number): this {
    this.#count();
    this.#words.push(TAG.float, value);
    return this;
  }

  scalar(value: number, dtype: DType = 'f32'): this {
    this.#count();
    this.#words.push(TAG.scalar, ACL_DTYPE[dtype], value);
    return this;
  }

  ints(values: readonly number[] | null): this {
    this.#count();
    if (values === null) this.#words.push(TAG.absent);
    else this.#words.push(TAG.ints, values.length, ...values);
    return this;
  }

  /** Integers that are given anew with each run, by slot. */
  lengths(slot: number | null): this {
    this.#count();
    if (slot === null) this.#words.push(TAG.absent);
    else this.#words.push(TAG.lengths, slot);
    return this;
  }

  text(value: string | null): this {
    this.#count();
    if (value === null) this.#words.push(TAG.absent);
    else this.#words.push(TAG.text, value.length, ...Buffer.from(value, 'latin1'));
    return this;
  }

  list(tensors: readonly Tensor[]): this {
    this.#count();
    this.#words.push(TAG.list, tensors.length);
    for (const tensor of tensors) this.#tensor(tensor, FORMAT.nd);
    return this;
  }

  absent(count = 1): this {
    for (let i = 0; i < count; i++) {
      this.#count();
      this.#words.push(TAG.absent);
    }
    return this;
  }

  #count(): void {
    this.#words[this.#countAt] = (this.#words[this.#countAt] as number) + 1;
  }

  #tensor(tensor: Tensor | null, format: number): void {
    const words = this.#words;
    if (tensor === null) {
      words.push(TAG.absent);
      return;
    }
    let slot = this.#storages.get(tensor.storage);
    if (slot === undefined) {
      slot = this.#storages.size;
      this.#storages.set(tensor.storage, slot);
    }
    const { shape, strides } = tensor;
    words.push(TAG.tensor, slot, tensor.offset, ACL_DTYPE[tensor.dtype], format, shape.length);
    for (const extent of shape) words.push(extent);
    for (const stride of strides) words.push(stride);
  }
}
