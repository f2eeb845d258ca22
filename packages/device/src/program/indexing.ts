import { dimensionOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { LayoutOperators } from './layouts.js';

/** Reading and writing rows by index. Indices are i32 or i64 and must be in range: devices do not check them. */
export abstract class IndexOperators extends LayoutOperators {
  /** Rows of weight `[rows, width]`: the shape of indices, then width. */
  embedding(weight: Tensor, indices: Tensor, out?: Tensor): Tensor {
    this.#requireIndex('Embedding', indices);
    if (weight.rank !== 2) throw new RangeError(`embedding takes a weight [rows, width], got ${weight}`);
    const y = this.output('Embedding', out, weight.dtype, [...indices.shape, weight.size(1)]);
    this.operator('Embedding').tensor(weight).tensor(indices).tensor(y);
    return y;
  }

  /** The slices of a dimension that a 1-D index names, in its order. */
  indexSelect(x: Tensor, dim: number, index: Tensor, out?: Tensor): Tensor {
    this.#requireIndex('IndexSelect', index, 1);
    const axis = dimensionOf(dim, x.rank);
    const y = this.output('IndexSelect', out, x.dtype, x.shape.with(axis, index.size(0)));
    this.operator('IndexSelect').tensor(x).int(axis).tensor(index).tensor(y);
    return y;
  }

  /** Like `indexSelect` with an index of any rank, whose shape replaces the dimension. */
  gatherV2(x: Tensor, dim: number, index: Tensor, out?: Tensor): Tensor {
    this.#requireIndex('GatherV2', index);
    const axis = dimensionOf(dim, x.rank);
    const y = this.output('GatherV2', out, x.dtype, x.shape.toSpliced(axis, 1, ...index.shape));
    this.operator('GatherV2').tensor(x).int(axis).tensor(index).tensor(y);
    return y;
  }

  /** y[i][j] = x[index[i][j]][j] for dim 0 and alike for others; index has x's rank. */
  gather(x: Tensor, dim: number, index: Tensor, out?: Tensor): Tensor {
    this.#requireIndex('Gather', index, x.rank);
    const y = this.output('Gather', out, x.dtype, index.shape);
    this.operator('Gather').tensor(x).int(dimensionOf(dim, x.rank)).tensor(index).tensor(y);
    return y;
  }

  /** target[index[i]] = source[i] along a dimension; the order of duplicates is undefined. */
  indexCopy(target: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    this.requireWritable(target);
    this.#requireIndex('InplaceIndexCopy', index, 1);
    if (source.rank !== target.rank || source.size(dim) !== index.size(0)) {
      throw new RangeError(`indexCopy into ${target} takes one slice for each of ${index}, got ${source}`);
    }
    const axis = dimensionOf(dim, target.rank);
    this.operator('InplaceIndexCopy').tensor(target).int(axis).tensor(index).tensor(source);
    return target;
  }

  /**
   * Writes keys and values `[tokens, heads, headSize]` into paged caches `[blocks, blockSize, heads, headSize]` at
   * slots (block * blockSize + position in the block), which are unique.
   */
  writeKvCache(key: Tensor, keyCache: Tensor, value: Tensor, valueCache: Tensor, slots: Tensor): void {
    this.#requireIndex('ScatterPaKvCache', slots, 1);
    for (const [source, cache] of [
      [key, keyCache],
      [value, valueCache],
    ] as const) {
      this.requireWritable(cache);
      const fits =
        cache.rank === 4 && source.rank === 3 && cache.dtype === source.dtype && cache.isContiguous;
      if (
        !fits ||
        cache.size(2) !== source.size(1) ||
        cache.size(3) !== source.size(2) ||
        source.size(0) !== slots.size(0)
      ) {
        throw new RangeError(
          `writeKvCache takes [tokens, heads, headSize] for a cache [blocks, blockSize, heads, headSize] and a slot for each token, got ${source}, ${cache}, ${slots}`,
        );
      }
    }
    if (this.device.operators.has('ScatterPaKvCache')) {
      const step = this.operator('ScatterPaKvCache').tensor(key).tensor(keyCache).tensor(slots);
      step.tensor(value).tensor(valueCache).absent(7);
      return;
    }
    // CANN 8.1 has no paged write: the cache seen as rows takes the same slots.
    for (const [source, cache] of [
      [key, keyCache],
      [value, valueCache],
    ] as const) {
      const width = source.size(1) * source.size(2);
      this.indexCopy(cache.view(-1, width), 0, slots, this.contiguous(source).view(-1, width));
    }
  }

  #requireIndex(name: string, index: Tensor, rank?: number): void {
    if ((index.dtype !== 'i32' && index.dtype !== 'i64') || (rank !== undefined && index.rank !== rank)) {
      throw new TypeError(
        `${name} takes an i32 or i64 index${rank === undefined ? '' : ` of rank ${rank}`}, got ${index}`,
      );
    }
  }
}
