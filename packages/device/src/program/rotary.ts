import { sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { ReductionOperators } from './reductions.js';

/** What `rope` writes. */
export interface RopeResult {
  readonly query: Tensor;
  readonly key: Tensor;
}

/** Rotary position embedding, half rotation: out = x cos + concat(-x[d/2:], x[:d/2]) sin. */
export abstract class RotaryOperators extends ReductionOperators {
  /**
   * Rotates query `[tokens, heads * headSize]` and key `[tokens, kvHeads * headSize]` by positions (i64 `[tokens]`)
   * through a table `[positions, rotaryDim]`: cosines in its first half, sines in the second, all in one dtype.
   */
  rope(
    positions: Tensor,
    query: Tensor,
    key: Tensor,
    cosSin: Tensor,
    headSize: number,
    out: Partial<RopeResult> = {},
  ): RopeResult {
    const name = 'RopeWithSinCosCache';
    if (positions.dtype !== 'i64' || positions.rank !== 1) {
      throw new TypeError(`${name} takes i64 positions [tokens], got ${positions}`);
    }
    for (const x of [query, key]) {
      if (
        x.rank !== 2 ||
        x.size(0) !== positions.size(0) ||
        x.size(1) % headSize !== 0 ||
        x.dtype !== cosSin.dtype
      ) {
        throw new RangeError(
          `${name} takes ${cosSin.dtype} [${positions.size(0)}, heads * ${headSize}] beside the table ${cosSin}, got ${x}`,
        );
      }
    }
    const rotatedQuery = this.output(name, out.query, query.dtype, query.shape);
    const rotatedKey = this.output(name, out.key, key.dtype, key.shape);
    const step = this.operator(name).tensor(positions).tensor(query).tensor(key).tensor(cosSin);
    step.ints(null).int(headSize).int(true).tensor(rotatedQuery).tensor(rotatedKey);
    return { query: rotatedQuery, key: rotatedKey };
  }

  /**
   * Rotates query `[batch, tokens, heads, headSize]` and key in place; cos and sin `[batch, tokens, 1, headSize]` are
   * full length, each half repeated. headSize is 64 or 128, everything contiguous and of one dtype.
   */
  applyRotary(query: Tensor, key: Tensor, cos: Tensor, sin: Tensor): void {
    const [batch, tokens, , headSize] = query.shape;
    const table = [batch, tokens, 1, headSize] as number[];
    const alike = [key, cos, sin].every((x) => x.rank === 4 && x.dtype === query.dtype && x.isContiguous);
    if (
      !alike ||
      query.rank !== 4 ||
      !query.isContiguous ||
      ![cos, sin].every((x) => sameShape(x.shape, table))
    ) {
      throw new RangeError(
        `ApplyRotaryPosEmb takes contiguous [batch, tokens, heads, headSize] and tables with one head, got ${query}, ${key}, ${cos}, ${sin}`,
      );
    }
    this.requireWritable(query);
    this.requireWritable(key);
    const layoutBsnd = 1;
    this.operator('ApplyRotaryPosEmb').tensor(query).tensor(key).tensor(cos).tensor(sin).int(layoutBsnd);
  }

  /** x rotated by tables that broadcast over its heads; `half` pairs i with i + d/2, `interleave` i with i + 1. */
  rotary(x: Tensor, cos: Tensor, sin: Tensor, mode: 'half' | 'interleave' = 'half', out?: Tensor): Tensor {
    const y = this.output('RotaryPositionEmbedding', out, x.dtype, x.shape);
    const step = this.operator('RotaryPositionEmbedding').tensor(x).tensor(cos).tensor(sin);
    step.int(mode === 'half' ? 0 : 1).tensor(y);
    return y;
  }
}
