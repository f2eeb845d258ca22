import { isFloat } from '../dtype.js';
import { dimensionOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { ElementwiseOperators } from './elementwise.js';

/** Activation functions, on floats of any shape. */
export abstract class ActivationOperators extends ElementwiseOperators {
  /** GELU: `none` is the exact erf form (Whisper), `tanh` the approximation. */
  gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none', out?: Tensor): Tensor {
    const y = this.output('GeluV2', out, x.dtype, x.shape);
    this.#requireFloat('GeluV2', x)
      .operator('GeluV2')
      .tensor(x)
      .int(approximate === 'tanh' ? 1 : 0)
      .tensor(y);
    return y;
  }

  /** x / (1 + e^(-1.702 x)); CANN 8.5 and later. */
  fastGelu(x: Tensor, out?: Tensor): Tensor {
    return this.#activation('FastGelu', x, out);
  }

  /** x * sigmoid(x) */
  silu(x: Tensor, out?: Tensor): Tensor {
    return this.#activation('Silu', x, out);
  }

  relu(x: Tensor, out?: Tensor): Tensor {
    return this.#activation('Relu', x, out);
  }

  sigmoid(x: Tensor, out?: Tensor): Tensor {
    return this.#activation('Sigmoid', x, out);
  }

  tanh(x: Tensor, out?: Tensor): Tensor {
    return this.#activation('Tanh', x, out);
  }

  inplaceRelu(target: Tensor): Tensor {
    this.requireWritable(target);
    this.operator('InplaceRelu').tensor(target);
    return target;
  }

  /** silu(first half) * second half of dimension `dim`; x contiguous, the extent even, the result half of it. */
  swiglu(x: Tensor, dim = -1, out?: Tensor): Tensor {
    const axis = dimensionOf(dim, x.rank);
    const extent = x.size(axis);
    if (!x.isContiguous || extent % 2 !== 0) {
      throw new RangeError(
        `swiglu takes a contiguous tensor with an even extent in dimension ${dim}, got ${x}`,
      );
    }
    const y = this.output('SwiGlu', out, x.dtype, x.shape.with(axis, extent / 2));
    this.#requireFloat('SwiGlu', x).operator('SwiGlu').tensor(x).int(axis).tensor(y);
    return y;
  }

  #activation(name: string, x: Tensor, out: Tensor | undefined): Tensor {
    const y = this.output(name, out, x.dtype, x.shape);
    this.#requireFloat(name, x).operator(name).tensor(x).tensor(y);
    return y;
  }

  #requireFloat(name: string, x: Tensor): this {
    if (!isFloat(x.dtype)) throw new TypeError(`${name} takes a float tensor, got ${x}; cast it first`);
    return this;
  }
}
