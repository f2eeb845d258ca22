import { type DType, isFloat } from '../dtype.js';
import { dimensionOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { IndexOperators } from './indexing.js';

/** What `topk` writes: values in descending order and their positions (i64). */
export interface TopkResult {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/** Softmax, selection and sums along dimensions. */
export abstract class ReductionOperators extends IndexOperators {
  softmax(x: Tensor, dim = -1, out?: Tensor): Tensor {
    return this.#softmax('Softmax', x, dim, out);
  }

  logSoftmax(x: Tensor, dim = -1, out?: Tensor): Tensor {
    return this.#softmax('LogSoftmax', x, dim, out);
  }

  /** Position of the largest element (the first of equals on the host), as i32 or i64; the dimension disappears. */
  argmax(x: Tensor, dim = -1, dtype: 'i32' | 'i64' = 'i64', out?: Tensor): Tensor {
    const axis = dimensionOf(dim, x.rank);
    const y = this.output('ArgMax', out, dtype, x.shape.toSpliced(axis, 1));
    this.operator('ArgMax').tensor(x).int(axis).int(false).tensor(y);
    return y;
  }

  /** The k largest elements along a dimension, sorted. */
  topk(x: Tensor, k: number, dim = -1, out: Partial<TopkResult> = {}): TopkResult {
    const axis = dimensionOf(dim, x.rank);
    if (k < 0 || k > x.size(axis))
      throw new RangeError(`topk takes 0 to ${x.size(axis)} elements of ${x}, got ${k}`);
    const shape = x.shape.with(axis, k);
    const values = this.output('Topk', out.values, x.dtype, shape);
    const indices = this.output('Topk', out.indices, 'i64', shape);
    this.operator('Topk').tensor(x).int(k).int(axis).int(true).int(true).tensor(values).tensor(indices);
    return { values, indices };
  }

  /** The largest element over the named dimensions. */
  amax(x: Tensor, dims: readonly number[], keepDims = false, out?: Tensor): Tensor {
    const axes = dims.map((dim) => dimensionOf(dim, x.rank));
    const y = this.output('Amax', out, x.dtype, reduced(x, axes, keepDims));
    this.operator('Amax').tensor(x).ints(axes).int(keepDims).tensor(y);
    return y;
  }

  /** The sum over the named dimensions, in x's dtype unless told otherwise. */
  reduceSum(
    x: Tensor,
    dims: readonly number[],
    keepDims = false,
    dtype: DType = x.dtype,
    out?: Tensor,
  ): Tensor {
    const axes = dims.map((dim) => dimensionOf(dim, x.rank));
    const y = this.output('ReduceSum', out, dtype, reduced(x, axes, keepDims));
    this.operator('ReduceSum')
      .tensor(x)
      .ints(axes)
      .int(keepDims)
      .int(this.device.dtypeNumber(dtype))
      .tensor(y);
    return y;
  }

  /** Running sums along a dimension. */
  cumsum(x: Tensor, dim: number, out?: Tensor): Tensor {
    const y = this.output('Cumsum', out, x.dtype, x.shape);
    this.operator('Cumsum')
      .tensor(x)
      .int(dimensionOf(dim, x.rank))
      .int(this.device.dtypeNumber(x.dtype))
      .tensor(y);
    return y;
  }

  #softmax(name: string, x: Tensor, dim: number, out: Tensor | undefined): Tensor {
    if (!isFloat(x.dtype)) throw new TypeError(`${name} takes a float tensor, got ${x}`);
    const y = this.output(name, out, out?.dtype ?? x.dtype, x.shape);
    this.operator(name).tensor(x).int(dimensionOf(dim, x.rank)).tensor(y);
    return y;
  }
}

function reduced(x: Tensor, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent))
    : x.shape.filter((_, i) => !axes.includes(i));
}
