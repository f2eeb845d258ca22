import type { Program, Tensor } from '@osum/device';
import type { DecoderDims } from '../package/manifest.js';
import type { DecoderRows } from '../pangu-decoder.js';
import { composedAttention } from './composed-attention.js';

/**
 * Causal attention of new rows over the paged cache, which already holds their keys and values. query is
 * [rows, heads * headDim], keys and values are [blocks, 128, kvHeads * headDim]; returns the query's shape.
 */
export function pagedAttention(
  program: Program,
  { heads, kvHeads, headDim }: Pick<DecoderDims, 'heads' | 'kvHeads' | 'headDim'>,
  query: Tensor,
  keys: Tensor,
  values: Tensor,
  rows: DecoderRows,
  causalMask: Tensor,
): Tensor {
  const out = program.arena.tensor(query.dtype, query.shape);
  if (query.dtype === 'f32') {
    composedPagedAttention(program, { heads, kvHeads, headDim }, query, keys, values, rows, out);
    return out;
  }
  const count = query.size(0);
  program.attention({
    layout: 'TND',
    query: query.view(count, heads, headDim),
    key: keys,
    value: values,
    heads,
    kvHeads,
    scale: 1 / Math.sqrt(headDim),
    queryLengths: rows.queryLengths,
    keyLengths: rows.keyLengths,
    blockTable: rows.blockTable,
    causal: true,
    mask: causalMask,
    out: out.view(count, heads, headDim),
  });
  return out;
}

/** The same from plain operators, sequence by sequence, for fp32, which the fused operator refuses. */
function composedPagedAttention(
  program: Program,
  heads: Pick<DecoderDims, 'heads' | 'kvHeads' | 'headDim'>,
  query: Tensor,
  keys: Tensor,
  values: Tensor,
  { queryLengths, keyLengths, blockTable }: DecoderRows,
  out: Tensor,
): void {
  let start = 0;
  keyLengths.values.forEach((keyCount, i) => {
    const end = queryLengths.values[i]!;
    const queries = end - start;
    const blocks = blockTable.select(0, i).slice(0, 0, Math.ceil(keyCount / keys.size(1)));
    program.arena.scope(() => {
      const gathered = (paged: Tensor): Tensor =>
        program.indexSelect(paged, 0, blocks).view(-1, paged.size(2)).rows(0, keyCount);
      const mask = queries === 1 ? null : causalBias(program, queries, keyCount);
      composedAttention(
        program,
        heads,
        query.rows(start, end),
        gathered(keys),
        gathered(values),
        mask,
        out.rows(start, end),
      );
    });
    start = end;
  });
}

/** Additive mask [queries, keys]: query i, which stands at position keys - queries + i, does not see later keys. */
function causalBias(program: Program, queries: number, keys: number): Tensor {
  const bias = new Float32Array(queries * keys);
  for (let i = 0; i < queries; i++) {
    bias.fill(Number.NEGATIVE_INFINITY, i * keys + (keys - queries + i + 1), (i + 1) * keys);
  }
  const mask = program.arena.tensor('f32', [queries, keys]);
  program.upload(mask, bias);
  return mask;
}
