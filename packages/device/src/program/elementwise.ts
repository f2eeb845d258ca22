import { type DType, isFloat, promote, scalarDType } from '../dtype.js';
import { broadcastShapes } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { ProgramBase } from './program-base.js';

/**
 * Arithmetic element by element. Binary operators broadcast like NumPy and promote like PyTorch; scalars are f32 for
 * floats and i64 for integers. An
 * output must not overlap an input: use the `inplace` forms for that.
 */
export abstract class ElementwiseOperators extends ProgramBase {
  /** a + alpha * b */
  add(a: Tensor, b: Tensor, out?: Tensor, alpha = 1): Tensor {
    return this.#binary('Add', a, b, out, alpha);
  }

  /** a - alpha * b */
  sub(a: Tensor, b: Tensor, out?: Tensor, alpha = 1): Tensor {
    return this.#binary('Sub', a, b, out, alpha);
  }

  /** a * b */
  mul(a: Tensor, b: Tensor, out?: Tensor): Tensor {
    return this.#binary('Mul', a, b, out, null);
  }

  /** a / b, for floats. */
  div(a: Tensor, b: Tensor, out?: Tensor): Tensor {
    return this.#binary('Div', a, b, out, null);
  }

  /** The larger of each pair. */
  maximum(a: Tensor, b: Tensor, out?: Tensor): Tensor {
    return this.#binary('Maximum', a, b, out, null);
  }

  /** x + value */
  adds(x: Tensor, value: number, out?: Tensor): Tensor {
    const y = this.output('Adds', out, x.dtype, x.shape);
    this.operator('Adds')
      .tensor(x)
      .scalar(value, scalarDType(x.dtype))
      .scalar(1, scalarDType(x.dtype))
      .tensor(y);
    return y;
  }

  /** x * value */
  muls(x: Tensor, value: number, out?: Tensor): Tensor {
    return this.#withScalar('Muls', x, value, x.dtype, out);
  }

  /** x / value, for floats. */
  divs(x: Tensor, value: number, out?: Tensor): Tensor {
    return this.#withScalar('Divs', x, value, x.dtype, out);
  }

  /** max(x, minimum) */
  clampMin(x: Tensor, minimum: number, out?: Tensor): Tensor {
    return this.#withScalar('ClampMin', x, minimum, x.dtype, out);
  }

  /** x < value, as bool. */
  ltScalar(x: Tensor, value: number, out?: Tensor): Tensor {
    return this.#withScalar('LtScalar', x, value, 'bool', out);
  }

  /** x > value, as bool. */
  gtScalar(x: Tensor, value: number, out?: Tensor): Tensor {
    return this.#withScalar('GtScalar', x, value, 'bool', out);
  }

  /** target += alpha * b, where b broadcasts to target. */
  inplaceAdd(target: Tensor, b: Tensor, alpha = 1): Tensor {
    this.#checkInplace('InplaceAdd', target, b);
    this.operator('InplaceAdd').tensor(target).tensor(b).scalar(alpha, scalarDType(target.dtype));
    return target;
  }

  /** target *= b, where b broadcasts to target. */
  inplaceMul(target: Tensor, b: Tensor): Tensor {
    this.#checkInplace('InplaceMul', target, b);
    this.operator('InplaceMul').tensor(target).tensor(b);
    return target;
  }

  /** target += value */
  inplaceAdds(target: Tensor, value: number): Tensor {
    this.requireWritable(target);
    this.operator('InplaceAdds')
      .tensor(target)
      .scalar(value, scalarDType(target.dtype))
      .scalar(1, scalarDType(target.dtype));
    return target;
  }

  /** target *= value */
  inplaceMuls(target: Tensor, value: number): Tensor {
    this.requireWritable(target);
    this.operator('InplaceMuls').tensor(target).scalar(value, scalarDType(target.dtype));
    return target;
  }

  neg(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Neg', x, out);
  }

  sin(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Sin', x, out);
  }

  cos(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Cos', x, out);
  }

  exp(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Exp', x, out);
  }

  /** The natural logarithm. */
  log(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Log', x, out);
  }

  log10(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Log10', x, out);
  }

  sqrt(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Sqrt', x, out);
  }

  erf(x: Tensor, out?: Tensor): Tensor {
    return this.#unary('Erf', x, out);
  }

  /** Where `condition` (bool) holds a, else b. */
  where(condition: Tensor, a: Tensor, b: Tensor, out?: Tensor): Tensor {
    if (condition.dtype !== 'bool') throw new TypeError(`where takes a bool condition, got ${condition}`);
    const shape = broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape));
    const y = this.output('SWhere', out, promote(a.dtype, b.dtype), shape);
    this.operator('SWhere').tensor(condition).tensor(a).tensor(b).tensor(y);
    return y;
  }

  #binary(name: string, a: Tensor, b: Tensor, out: Tensor | undefined, alpha: number | null): Tensor {
    const y = this.output(
      name,
      out,
      out?.dtype ?? promote(a.dtype, b.dtype),
      broadcastShapes(a.shape, b.shape),
    );
    const step = this.operator(name).tensor(a).tensor(b);
    if (alpha !== null) step.scalar(alpha, scalarDType(y.dtype));
    step.tensor(y);
    return y;
  }

  #withScalar(name: string, x: Tensor, value: number, dtype: DType, out: Tensor | undefined): Tensor {
    const y = this.output(name, out, dtype, x.shape);
    this.operator(name).tensor(x).scalar(value, scalarDType(x.dtype)).tensor(y);
    return y;
  }

  #unary(name: string, x: Tensor, out: Tensor | undefined): Tensor {
    if (!isFloat(x.dtype)) throw new TypeError(`${name} takes a float tensor, got ${x}; cast it first`);
    const y = this.output(name, out, x.dtype, x.shape);
    this.operator(name).tensor(x).tensor(y);
    return y;
  }

  #checkInplace(name: string, target: Tensor, b: Tensor): void {
    this.requireWritable(target);
    const shape = broadcastShapes(target.shape, b.shape);
    if (shape.length !== target.rank || shape.some((extent, i) => extent !== target.shape[i])) {
      throw new RangeError(`${name} keeps the target's shape: ${b} does not broadcast to ${target}`);
    }
  }
}
