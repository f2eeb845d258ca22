import type { Program, Tensor } from '@osum/device';
import type { Ragged } from '../ragged.js';
import { composedAttention } from './composed-attention.js';

/** Head sizes that every release of the fused operator takes in the ragged layout with equal heads (ABI reference 4.10). */
const RAGGED_HEAD_SIZES: ReadonlySet<number> = new Set([64, 128]);

/**
 * Bidirectional attention within each utterance of a ragged batch. query, key and value are [rows, heads * d]; the
 * result too. One fused call for the batch where the head size allows it, one per utterance otherwise.
 */
export function raggedSelfAttention(
  program: Program,
  heads: number,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { lengths, starts, ends, rows }: Ragged,
): Tensor {
  const width = query.size(1);
  const headDim = width / heads;
  const scale = 1 / Math.sqrt(headDim);
  const out = program.arena.tensor(query.dtype, [rows, width]);
  const fused = { heads, kvHeads: heads, scale } as const;
  if (query.dtype !== 'f32' && RAGGED_HEAD_SIZES.has(headDim)) {
    const tnd = (x: Tensor): Tensor => x.view(rows, heads, headDim);
    program.attention({
      ...fused,
      layout: 'TND',
      query: tnd(query),
      key: tnd(key),
      value: tnd(value),
      queryLengths: ends,
      keyLengths: ends,
      out: tnd(out),
    });
    return out;
  }
  lengths.forEach((length, i) => {
    const own = (x: Tensor): Tensor => x.rows(starts[i]!, ends[i]!);
    const bsnd = (x: Tensor): Tensor => own(x).view(1, length, heads, headDim);
    if (query.dtype === 'f32') {
      composedAttention(
        program,
        { heads, kvHeads: heads, headDim },
        own(query),
        own(key),
        own(value),
        null,
        own(out),
      );
    } else {
      program.attention({
        ...fused,
        layout: 'BSND',
        query: bsnd(query),
        key: bsnd(key),
        value: bsnd(value),
        out: bsnd(out),
      });
    }
  });
  return out;
}
