import { isFloat } from '../dtype.js';
import { sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { ActivationOperators } from './activations.js';

/** What `addRmsNorm` writes: the sum of its inputs and the normalised sum. */
export interface AddRmsNormResult {
  readonly sum: Tensor;
  readonly normalized: Tensor;
}

/** Normalisation over the last dimension; statistics in f32. */
export abstract class NormOperators extends ActivationOperators {
  /** (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias `[width]` in x's dtype or f32, or null. */
  layerNorm(x: Tensor, weight: Tensor | null, bias: Tensor | null, eps: number, out?: Tensor): Tensor {
    const width = x.size(-1);
    for (const parameter of [weight, bias])
      if (parameter !== null) this.#checkWeight('LayerNorm', x, parameter);
    const y = this.output('LayerNorm', out, x.dtype, x.shape);
    this.operator('LayerNorm')
      .tensor(x)
      .ints([width])
      .tensor(weight)
      .tensor(bias)
      .float(eps)
      .tensor(y)
      .absent(2);
    return y;
  }

  /** x / sqrt(mean(x^2) + eps) * gamma; gamma `[width]` in x's dtype or f32. */
  rmsNorm(x: Tensor, gamma: Tensor, eps: number, out?: Tensor): Tensor {
    this.#checkWeight('RmsNorm', x, gamma);
    const y = this.output('RmsNorm', out, x.dtype, x.shape);
    this.operator('RmsNorm').tensor(x).tensor(gamma).float(eps).tensor(y).tensor(this.#rstd(x));
    return y;
  }

  /** sum = a + b, normalized = rmsNorm(sum); a, b and gamma of one dtype. */
  addRmsNorm(
    a: Tensor,
    b: Tensor,
    gamma: Tensor,
    eps: number,
    out: Partial<AddRmsNormResult> = {},
  ): AddRmsNormResult {
    if (a.dtype !== b.dtype || a.dtype !== gamma.dtype || !sameShape(a.shape, b.shape)) {
      throw new RangeError(
        `AddRmsNorm takes two tensors of one shape and dtype and gamma alike, got ${a}, ${b}, ${gamma}`,
      );
    }
    this.#checkWeight('AddRmsNorm', a, gamma);
    const normalized = this.output('AddRmsNorm', out.normalized, a.dtype, a.shape);
    const sum = this.output('AddRmsNorm', out.sum, a.dtype, a.shape);
    const step = this.operator('AddRmsNorm').tensor(a).tensor(b).tensor(gamma).float(eps);
    step.tensor(normalized).tensor(this.#rstd(a)).tensor(sum);
    return { sum, normalized };
  }

  /** The reciprocal deviation that the kernels require as an output, f32 `[..., 1]`. */
  #rstd(x: Tensor): Tensor {
    return this.arena.tensor('f32', x.shape.with(-1, 1));
  }

  #checkWeight(name: string, x: Tensor, weight: Tensor): void {
    const width = x.size(-1);
    if (
      !isFloat(x.dtype) ||
      (weight.dtype !== x.dtype && weight.dtype !== 'f32') ||
      !sameShape(weight.shape, [width])
    ) {
      throw new RangeError(
        `${name} of ${x} takes parameters ${x.dtype}[${width}] or f32[${width}], got ${weight}`,
      );
    }
  }
}
