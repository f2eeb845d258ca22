import { type DType, scalarDType } from '../dtype.js';
import { broadcastShapes, dimensionOf, sameShape, shapeText } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { MatmulOperators } from './matmuls.js';

/** Copies, casts, fills, and tensors put together; to take them apart use views (`slice`, `select`, `transpose`). */
export abstract class LayoutOperators extends MatmulOperators {
  /** Writes src into target, with cast, broadcast and any strides on both sides. */
  copy(target: Tensor, src: Tensor): Tensor {
    this.requireWritable(target);
    if (!sameShape(broadcastShapes(target.shape, src.shape), target.shape)) {
      throw new RangeError(`copy needs a source that broadcasts to ${target}, got ${src}`);
    }
    this.operator('InplaceCopy').tensor(target).tensor(src);
    return target;
  }

  /** x itself when contiguous, else a contiguous copy. */
  contiguous(x: Tensor): Tensor {
    return x.isContiguous ? x : this.copy(this.arena.tensor(x.dtype, x.shape), x);
  }

  /** x in another dtype; x itself when it has it already and no output was given. */
  cast(x: Tensor, dtype: DType, out?: Tensor): Tensor {
    if (x.dtype === dtype && out === undefined) return x;
    const y = this.output('Cast', out, dtype, x.shape);
    this.operator('Cast').tensor(x).int(this.device.dtypeNumber(dtype)).tensor(y);
    return y;
  }

  /** The dimensions of x in another order, as a contiguous tensor. `x.permute` reorders without a copy. */
  permuted(x: Tensor, order: readonly number[], out?: Tensor): Tensor {
    const view = x.permute(...order);
    const y = this.output('Permute', out, x.dtype, view.shape);
    this.operator('Permute')
      .tensor(x)
      .ints(order.map((dim) => dimensionOf(dim, x.rank)))
      .tensor(y);
    return y;
  }

  fill(target: Tensor, value: number): Tensor {
    this.requireWritable(target);
    this.operator('InplaceFillScalar').tensor(target).scalar(value, scalarDType(target.dtype));
    return target;
  }

  zero(target: Tensor): Tensor {
    this.requireWritable(target);
    this.operator('InplaceZero').tensor(target);
    return target;
  }

  /** Writes value where mask (bool, broadcasting) is true. */
  maskedFill(target: Tensor, mask: Tensor, value: number): Tensor {
    this.requireWritable(target);
    if (mask.dtype !== 'bool' || !sameShape(broadcastShapes(target.shape, mask.shape), target.shape)) {
      throw new RangeError(`maskedFill takes a bool mask that broadcasts to ${target}, got ${mask}`);
    }
    this.operator('InplaceMaskedFillScalar')
      .tensor(target)
      .tensor(mask)
      .scalar(value, scalarDType(target.dtype));
    return target;
  }

  /** start, start + step, ... below end. */
  arange(start: number, end: number, step: number, dtype: DType, out?: Tensor): Tensor {
    const y = this.output('Arange', out, dtype, [Math.max(0, Math.ceil((end - start) / step))]);
    const kind = scalarDType(dtype);
    this.operator('Arange').scalar(start, kind).scalar(end, kind).scalar(step, kind).tensor(y);
    return y;
  }

  /** Tensors of one dtype joined along a dimension; the other extents are equal. */
  cat(tensors: readonly Tensor[], dim: number, out?: Tensor): Tensor {
    const first = tensors[0];
    if (first === undefined) throw new RangeError('cat takes at least one tensor, got none');
    const axis = dimensionOf(dim, first.rank);
    let extent = 0;
    for (const tensor of tensors) {
      if (tensor.dtype !== first.dtype || !sameShape(tensor.shape.with(axis, 0), first.shape.with(axis, 0))) {
        throw new RangeError(
          `cat along ${dim} takes tensors that agree elsewhere, got ${first} and ${tensor}`,
        );
      }
      extent += tensor.size(axis);
    }
    const y = this.output('Cat', out, first.dtype, first.shape.with(axis, extent));
    this.operator('Cat').list(tensors).int(axis).tensor(y);
    return y;
  }

  /** x with `value` around it; `padding[i]` is `[before, after]` of dimension i, and every dimension is named. */
  pad(x: Tensor, padding: readonly (readonly [number, number])[], value = 0, out?: Tensor): Tensor {
    if (padding.length !== x.rank) {
      throw new RangeError(`pad takes a pair for each dimension of ${x}, got ${padding.length} pairs`);
    }
    const shape = x.shape.map((extent, i) => extent + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0));
    if (shape.some((extent) => extent < 0))
      throw new RangeError(`pad of ${x} would give ${shapeText(shape)}`);
    const y = this.output('ConstantPadNd', out, x.dtype, shape);
    // The operator counts pairs from the last dimension on, as PyTorch does.
    this.operator('ConstantPadNd')
      .tensor(x)
      .ints(padding.toReversed().flat())
      .scalar(value, scalarDType(x.dtype))
      .tensor(y);
    return y;
  }
}
