import { type DType, isFloat } from '../dtype.js';
import { broadcastShapes, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { NormOperators } from './norms.js';
import { FORMAT } from './step-encoder.js';

/** A linear layer's parameters: y = x W^T + b. */
export interface Linear {
  /** `[outputs, inputs]`, row-major, in x's dtype, or `i8`/`i4` with a scale. */
  readonly weight: Tensor;
  /** `[outputs]`: in x's dtype; for `i8`/`i4` weights f32 when x is bf16 and f16 when x is f16. */
  readonly bias: Tensor | null;
  /** For `i8`/`i4` weights: `[outputs]` in x's dtype. */
  readonly scale: Tensor | null;
}

/** Options of `weightQuantMm`. */
export interface WeightQuantOptions {
  readonly offset?: Tensor;
  readonly bias?: Tensor;
  /** Rows of the weight that share a scale; 0 = none (per tensor or per output). */
  readonly groupSize?: number;
}

/** Options of `convolution1d`. */
export interface Convolution1dOptions {
  readonly stride?: number;
  /** Zeros before and after; default none. Causal padding is `[kernel - 1, 0]`. */
  readonly padding?: readonly [number, number];
  readonly dilation?: number;
  readonly groups?: number;
}

/** Matrix products, accumulated in f32. Operands may be transposed or overlapping strided views; nothing is copied. */
export abstract class MatmulOperators extends NormOperators {
  /** x `[m, k]` times w `[k, n]`. A row-major weight `[n, k]` is passed as `weight.transpose()`. */
  mm(x: Tensor, w: Tensor, out?: Tensor): Tensor {
    const [m, n] = this.#product('Mm', x, w, 2);
    const y = this.output('Mm', out, out?.dtype ?? x.dtype, [m, n]);
    this.operator('Mm').tensor(x).tensor(w).tensor(y).int(this.#precision);
    return y;
  }

  /** bias + x w; bias broadcasts to `[m, n]`. */
  addmm(bias: Tensor, x: Tensor, w: Tensor, out?: Tensor): Tensor {
    const shape = this.#product('Addmm', x, w, 2);
    if (!sameShape(broadcastShapes(bias.shape, shape), shape)) {
      throw new RangeError(`Addmm adds a bias that broadcasts to [${shape.join(', ')}], got ${bias}`);
    }
    const y = this.output('Addmm', out, out?.dtype ?? x.dtype, shape);
    this.operator('Addmm')
      .tensor(bias)
      .tensor(x)
      .tensor(w)
      .scalar(1)
      .scalar(1)
      .tensor(y)
      .int(this.#precision);
    return y;
  }

  /** target += x w */
  inplaceAddmm(target: Tensor, x: Tensor, w: Tensor): Tensor {
    const shape = this.#product('InplaceAddmm', x, w, 2);
    const y = this.output('InplaceAddmm', target, target.dtype, shape);
    this.operator('InplaceAddmm').tensor(y).tensor(x).tensor(w).scalar(1).scalar(1).int(this.#precision);
    return y;
  }

  /** x `[b, m, k]` times w `[b, k, n]`; a batch of 1 broadcasts. */
  bmm(x: Tensor, w: Tensor, out?: Tensor): Tensor {
    const [m, n] = this.#product('BatchMatMul', x, w, 3);
    const batch = broadcastShapes(x.shape.slice(0, 1), w.shape.slice(0, 1));
    const y = this.output('BatchMatMul', out, out?.dtype ?? x.dtype, [...batch, m, n]);
    this.operator('BatchMatMul').tensor(x).tensor(w).tensor(y).int(this.#precision);
    return y;
  }

  /** Matrix product of ranks 1 to 6 with broadcasting batch dimensions. */
  matmul(x: Tensor, w: Tensor, out?: Tensor): Tensor {
    if (x.rank < 2 || w.rank < 2) throw new RangeError(`matmul takes ranks of 2 and more, got ${x} and ${w}`);
    const [m, n] = this.#product('Matmul', x, w, null);
    const batch = broadcastShapes(x.shape.slice(0, -2), w.shape.slice(0, -2));
    const y = this.output('Matmul', out, out?.dtype ?? x.dtype, [...batch, m, n]);
    this.operator('Matmul').tensor(x).tensor(w).tensor(y).int(this.#precision);
    return y;
  }

  /**
   * x `[m, k]` times ((w + offset) * scale) `[k, n]`, where w is i8 or i4, usually a transposed view of `[n, k]`. x is
   * f16 or bf16; scale (and offset) of x's dtype, `[1]`, `[n]` or `[k / groupSize, n]`.
   */
  weightQuantMm(x: Tensor, w: Tensor, scale: Tensor, options: WeightQuantOptions = {}, out?: Tensor): Tensor {
    const name = 'WeightQuantBatchMatmulV2';
    const { offset, bias, groupSize = 0 } = options;
    if ((x.dtype !== 'bf16' && x.dtype !== 'f16') || (w.dtype !== 'i8' && w.dtype !== 'i4')) {
      throw new TypeError(`${name} takes a bf16 or f16 input and an i8 or i4 weight, got ${x} and ${w}`);
    }
    if (scale.dtype !== x.dtype)
      throw new TypeError(`${name} of ${x} takes a ${x.dtype} scale, got ${scale}`);
    const biasDtype: DType = x.dtype === 'bf16' ? 'f32' : 'f16';
    if (bias !== undefined && bias.dtype !== biasDtype) {
      throw new TypeError(
        `${name} of ${x} takes a ${biasDtype} bias, got ${bias}; cast it once when loading`,
      );
    }
    if (groupSize !== 0 && (groupSize % 32 !== 0 || groupSize >= w.size(0))) {
      throw new RangeError(`${name} groups are multiples of 32 below ${w.size(0)}, got ${groupSize}`);
    }
    const [m, n] = this.#shapes(name, x, w, 2);
    const y = this.output(name, out, x.dtype, [m, n]);
    const step = this.operator(name)
      .tensor(x)
      .tensor(w)
      .tensor(scale)
      .tensor(offset ?? null)
      .absent(2);
    step
      .tensor(bias ?? null)
      .int(groupSize)
      .tensor(y);
    return y;
  }

  /** x `[m, inputs]` through a linear layer, with the operator that its weight's dtype calls for. */
  linear(x: Tensor, layer: Linear, out?: Tensor): Tensor {
    const w = layer.weight.transpose();
    if (!isFloat(layer.weight.dtype)) {
      if (layer.scale === null) throw new TypeError(`an ${layer.weight.dtype} linear layer needs a scale`);
      return this.weightQuantMm(x, w, layer.scale, layer.bias === null ? {} : { bias: layer.bias }, out);
    }
    return layer.bias === null ? this.mm(x, w, out) : this.addmm(layer.bias, x, w, out);
  }

  /**
   * x `[batch, inputs, length]` with w `[outputs, inputs / groups, kernel]` and bias `[outputs]` gives
   * `[batch, outputs, length']`.
   */
  convolution1d(
    x: Tensor,
    w: Tensor,
    bias: Tensor | null,
    options: Convolution1dOptions = {},
    out?: Tensor,
  ): Tensor {
    const { stride = 1, padding = [0, 0], dilation = 1, groups = 1 } = options;
    if (x.rank !== 3 || w.rank !== 3 || x.size(1) !== w.size(1) * groups) {
      throw new RangeError(
        `convolution1d takes [batch, inputs, length] and [outputs, inputs / groups, kernel], got ${x}, ${w}`,
      );
    }
    const span = dilation * (w.size(2) - 1) + 1;
    const length = Math.floor((x.size(2) + padding[0] + padding[1] - span) / stride) + 1;
    const y = this.output('Convolution', out, x.dtype, [x.size(0), w.size(0), length]);
    this.operator('Convolution')
      .tensor(x, FORMAT.ncl)
      .tensor(w, FORMAT.ncl)
      .tensor(bias)
      .ints([stride])
      .ints(padding)
      .ints([dilation])
      .int(false)
      .ints([0])
      .int(groups)
      .tensor(y, FORMAT.ncl)
      .int(this.device.convolutionPrecision);
    return y;
  }

  get #precision(): number {
    return this.device.matmulPrecision;
  }

  /** Checks shapes and dtypes of a float product; returns `[m, n]`. */
  #product(name: string, x: Tensor, w: Tensor, rank: number | null): [number, number] {
    if (!isFloat(x.dtype) || x.dtype !== w.dtype) {
      throw new TypeError(`${name} takes two float tensors of one dtype, got ${x} and ${w}`);
    }
    return this.#shapes(name, x, w, rank);
  }

  #shapes(name: string, x: Tensor, w: Tensor, rank: number | null): [number, number] {
    if ((rank !== null && (x.rank !== rank || w.rank !== rank)) || x.size(-1) !== w.size(-2)) {
      throw new RangeError(`${name} takes [..., m, k] and [..., k, n], got ${x} and ${w}`);
    }
    return [x.size(-2), w.size(-1)];
  }
}
