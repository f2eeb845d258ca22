import { bytesOf, type DType, elementsIn } from './dtype.js';
import { contiguousStrides, dimensionOf, elementCount, shapeText } from './shape.js';
import type { Storage } from './storage.js';

/** The largest rank the operators accept (ABI reference 3.7). */
const MAX_RANK = 8;

/**
 * A view of device memory: shape, strides and offset (both in elements) over one storage. Views are cheap values; they
 * own nothing and are valid as long as their storage is.
 */
export class Tensor {
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  /**
   * Prefer `DeviceBuffer.tensor`, `Arena.tensor` or a view method. Throws a `RangeError` when the view leaves its
   * storage.
   */
  constructor(
    readonly storage: Storage,
    readonly dtype: DType,
    shape: readonly number[],
    strides: readonly number[],
    readonly offset: number,
  ) {
    this.shape = shape;
    this.strides = strides;
    checkView(storage, dtype, shape, strides, offset);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements seen through the view. */
  get elements(): number {
    return elementCount(this.shape);
  }

  /** Bytes of the elements when stored contiguously. */
  get bytes(): number {
    return bytesOf(this.dtype, this.elements);
  }

  /** True when the elements lie one after another in row-major order. Extents of 1 do not matter. */
  get isContiguous(): boolean {
    let step = 1;
    for (let i = this.rank - 1; i >= 0; i--) {
      const extent = this.shape[i] as number;
      if (extent !== 1 && this.strides[i] !== step) return false;
      step *= extent;
    }
    return true;
  }

  /** The extent of a dimension; negative dimensions count from the end. */
  size(dim: number): number {
    return this.shape[dimensionOf(dim, this.rank)] as number;
  }

  /** The same elements in another shape; one extent may be -1. The tensor must be contiguous. */
  view(...shape: number[]): Tensor {
    const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
    const resolved = shape.map((extent) => (extent === -1 ? this.elements / known : extent));
    if (!this.isContiguous) {
      throw new RangeError(
        `view needs a contiguous tensor, got ${this}; copy it into a contiguous one first`,
      );
    }
    if (elementCount(resolved) !== this.elements) {
      throw new RangeError(`view ${shapeText(shape)} does not have the ${this.elements} elements of ${this}`);
    }
    return new Tensor(this.storage, this.dtype, resolved, contiguousStrides(resolved), this.offset);
  }

  /** Elements `start <= i < end` of one dimension; `end` defaults to the extent, negatives count from it. */
  slice(dim: number, start: number, end: number = this.size(dim)): Tensor {
    const axis = dimensionOf(dim, this.rank);
    const extent = this.shape[axis] as number;
    const from = start < 0 ? start + extent : start;
    const to = end < 0 ? end + extent : end;
    if (from < 0 || to > extent || from > to) {
      throw new RangeError(`slice ${start}..${end} is outside dimension ${dim} of ${this}`);
    }
    const shape = this.shape.with(axis, to - from);
    return this.asStrided(shape, this.strides, this.offset + from * (this.strides[axis] as number));
  }

  /** Rows `start <= i < end` of the first dimension. */
  rows(start: number, end?: number): Tensor {
    return this.slice(0, start, end);
  }

  /** One index of a dimension, which disappears from the shape. */
  select(dim: number, index: number): Tensor {
    const axis = dimensionOf(dim, this.rank);
    const one = this.slice(axis, index, index === -1 ? undefined : index + 1);
    return one.asStrided(one.shape.toSpliced(axis, 1), one.strides.toSpliced(axis, 1), one.offset);
  }

  /** Two dimensions exchanged; without arguments the last two. No data moves. */
  transpose(a = -2, b = -1): Tensor {
    const i = dimensionOf(a, this.rank);
    const j = dimensionOf(b, this.rank);
    const order = this.shape.map((_, k) => (k === i ? j : k === j ? i : k));
    return this.permute(...order);
  }

  /** Dimensions in another order. No data moves. */
  permute(...order: number[]): Tensor {
    const axes = order.map((dim) => dimensionOf(dim, this.rank));
    if (axes.length !== this.rank || new Set(axes).size !== this.rank) {
      throw new RangeError(
        `permute ${shapeText(order)} must name each of the ${this.rank} dimensions of ${this} once`,
      );
    }
    return this.asStrided(
      axes.map((axis) => this.shape[axis] as number),
      axes.map((axis) => this.strides[axis] as number),
      this.offset,
    );
  }

  /** An extent of 1 inserted before `dim` (`rank` appends). */
  unsqueeze(dim: number): Tensor {
    const axis = dim < 0 ? dim + this.rank + 1 : dim;
    const stride = axis < this.rank ? (this.shape[axis] as number) * (this.strides[axis] as number) : 1;
    return this.asStrided(
      this.shape.toSpliced(axis, 0, 1),
      this.strides.toSpliced(axis, 0, stride),
      this.offset,
    );
  }

  /** Any view of the same storage, strides and offset in elements of it. Rows may overlap (stride < row length). */
  asStrided(shape: readonly number[], strides: readonly number[], offset: number = this.offset): Tensor {
    return new Tensor(this.storage, this.dtype, shape, strides, offset);
  }

  /** `bf16[2, 3]`, or `bf16[2, 3] strides [1, 2] offset 4` when not contiguous; for messages. */
  toString(): string {
    return `${this.dtype}${shapeText(this.shape)}${this.isContiguous ? '' : ` strides ${shapeText(this.strides)} offset ${this.offset}`}`;
  }
}

function checkView(
  storage: Storage,
  dtype: DType,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): void {
  const rank = shape.length;
  if (rank !== strides.length || rank > MAX_RANK) {
    throw new RangeError(
      `a view has equal ranks up to ${MAX_RANK}, got ${shapeText(shape)} and ${shapeText(strides)}`,
    );
  }
  let last = offset;
  let empty = false;
  for (let i = 0; i < rank; i++) {
    const extent = shape[i] as number;
    const stride = strides[i] as number;
    if (!Number.isSafeInteger(extent) || extent < 0 || !Number.isSafeInteger(stride) || stride < 0) {
      throw new RangeError(
        `extents and strides are non-negative integers, got ${shapeText(shape)} ${shapeText(strides)}`,
      );
    }
    if (extent === 0) empty = true;
    last += (extent - 1) * stride;
  }
  const capacity = elementsIn(dtype, storage.bytes);
  if (!Number.isSafeInteger(offset) || offset < 0 || (!empty && last >= capacity)) {
    throw new RangeError(
      `${dtype}${shapeText(shape)} with strides ${shapeText(strides)} and offset ${offset} leaves its storage of ${capacity} elements (${storage.bytes} bytes)`,
    );
  }
}
