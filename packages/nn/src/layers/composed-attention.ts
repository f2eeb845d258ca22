import type { Program, Tensor } from '@osum/device';

/** Head counts of an attention; `heads` is a multiple of `kvHeads`, consecutive query heads share a key head. */
export interface AttentionHeads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Attention of one sequence from plain operators: softmax(q k^T / sqrt(d) + mask) v. It serves fp32, which the fused
 * operator refuses (ABI reference 4.10), and is the formula that the fused one is compared with.
 *
 * query [queries, heads * d], key and value [keys, kvHeads * d]; mask is additive, [queries, keys], null for none.
 * Writes out [queries, heads * d].
 */
export function composedAttention(
  program: Program,
  { heads, kvHeads, headDim }: AttentionHeads,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  out: Tensor,
): void {
  const queries = query.size(0);
  const keys = key.size(0);
  const group = heads / kvHeads;
  program.arena.scope(() => {
    // [kvHeads, group * queries, d]: the query heads of a key head one behind the other.
    const q = program
      .permuted(query.view(queries, heads, headDim), [1, 0, 2])
      .view(kvHeads, group * queries, headDim);
    const k = program.permuted(key.view(keys, kvHeads, headDim), [1, 0, 2]);
    const v = program.permuted(value.view(keys, kvHeads, headDim), [1, 0, 2]);
    const scores = program.inplaceMuls(program.bmm(q, k.transpose()), 1 / Math.sqrt(headDim));
    if (mask !== null) program.inplaceAdd(scores.view(heads, queries, keys), mask);
    const mixed = program.bmm(program.softmax(scores), v);
    program.copy(out.view(queries, heads, headDim), mixed.view(heads, queries, headDim).transpose(0, 1));
  });
}
