import type { Tensor } from '../tensor.js';
import { RotaryOperators } from './rotary.js';
import type { Lengths } from './transfers.js';

/** How attention's query is laid out; T is the sum of the sequence lengths, H is heads * headSize. */
export type AttentionLayout = 'TND' | 'BSND' | 'BNSD' | 'BSH';

/** Arguments of `Program.attention`. f16 or bf16; heads a multiple of kvHeads; headSize a multiple of 16 up to 512. */
export interface AttentionOptions {
  readonly query: Tensor;
  /** Laid out as the query, or with `blockTable` a paged cache `[blocks, blockSize, kvHeads * headSize]`. */
  readonly key: Tensor;
  readonly value: Tensor;
  readonly layout: AttentionLayout;
  readonly heads: number;
  readonly kvHeads: number;
  /** Usually 1 / sqrt(headSize). */
  readonly scale: number;
  /** Query tokens: cumulative over the batch for TND, per sequence otherwise. Required for TND. */
  readonly queryLengths?: Lengths | readonly number[];
  /** Key tokens: cumulative for TND without a block table, per sequence otherwise. Required for TND and when paged. */
  readonly keyLengths?: Lengths | readonly number[];
  /** i32 `[batch, maxBlocks]`: the cache blocks of each sequence. */
  readonly blockTable?: Tensor;
  /** Each query sees the keys up to its own position, aligned at the end. Needs `mask`: `Device.causalMask()`. */
  readonly causal?: boolean;
  /** With `causal` the fixed 2048 x 2048 triangle; else a full mask `[batch or 1, queries, keys]`, 1 = hidden. */
  readonly mask?: Tensor;
  readonly out?: Tensor;
}

const UNLIMITED = 2147483647;
const SPARSE = { none: 0, rightBottomCausal: 3 } as const;

/**
 * A list of operators, copies and event steps that a stream runs in one call. Each method appends a step, checks shapes
 * and dtypes at once, and returns the tensor that the step will write: the output given, or a new one of the arena. A
 * program may run many times; uploads and lengths are its variable part.
 *
 *     const program = new Program(arena);
 *     const x = program.arena.tensor('bf16', [tokens, width]);
 *     program.upload(x, bytes);
 *     const y = program.download(program.linear(program.layerNorm(x, gamma, beta, 1e-5), layer));
 *     await stream.run(program);
 *     y.bytes;
 */
export class Program extends RotaryOperators {
  /** Scaled dot-product attention over ragged or padded batches, paged or not. Returns the query's shape. */
  attention(options: AttentionOptions): Tensor {
    const name = 'FusedInferAttentionScoreV2';
    const { query, key, value, layout, heads, kvHeads, scale, blockTable, causal = false, mask } = options;
    this.#checkAttention(options);
    const queryLengths = this.#lengthsSlot(options.queryLengths);
    const keyLengths = this.#lengthsSlot(options.keyLengths);
    const out = this.output(name, options.out, query.dtype, query.shape);
    // CANN 8.5 takes ragged f16 without head groups only in its high-performance mode (ABI reference 4.10).
    const innerPrecise = layout === 'TND' && query.dtype === 'f16' && heads === kvHeads ? 1 : 0;
    const blockSize = blockTable === undefined ? 0 : key.size(1);
    this.operator(name)
      .tensor(query)
      .list([key])
      .list([value])
      .absent(1)
      .tensor(mask ?? null)
      .lengths(queryLengths)
      .lengths(keyLengths)
      .absent(7)
      .tensor(blockTable ?? null)
      .absent(9)
      .int(heads)
      .float(scale)
      .int(UNLIMITED)
      .int(UNLIMITED)
      .text(layout)
      .int(kvHeads)
      .int(causal ? SPARSE.rightBottomCausal : SPARSE.none)
      .int(innerPrecise)
      .int(blockSize)
      .int(0)
      .int(false)
      .int(0)
      .int(0)
      .tensor(out)
      .absent(1);
    return out;
  }

  #checkAttention(options: AttentionOptions): void {
    const { query, key, value, layout, heads, kvHeads, blockTable, causal = false, mask } = options;
    for (const x of [query, key, value]) {
      if ((x.dtype !== 'bf16' && x.dtype !== 'f16') || x.dtype !== query.dtype) {
        throw new TypeError(
          `attention takes query, key and value in one of bf16 and f16, got ${query}, ${key}, ${value}`,
        );
      }
    }
    if (query.rank !== (layout === 'TND' || layout === 'BSH' ? 3 : 4)) {
      throw new RangeError(`attention in layout ${layout} got ${query}`);
    }
    if (heads % kvHeads !== 0)
      throw new RangeError(`heads (${heads}) must be a multiple of kvHeads (${kvHeads})`);
    if (causal !== (mask !== undefined && mask.size(-1) === 2048 && mask.size(-2) === 2048)) {
      throw new RangeError(
        'causal attention takes mask: await device.causalMask(), and only causal attention does',
      );
    }
    if (layout === 'TND' && (options.queryLengths === undefined || options.keyLengths === undefined)) {
      throw new RangeError('attention in layout TND needs queryLengths (cumulative) and keyLengths');
    }
    if (blockTable === undefined) return;
    if (
      blockTable.dtype !== 'i32' ||
      blockTable.rank !== 2 ||
      key.rank !== 3 ||
      options.keyLengths === undefined
    ) {
      throw new RangeError(
        `paged attention takes an i32 block table [batch, blocks], a cache [blocks, blockSize, kvHeads * headSize] and keyLengths, got ${blockTable}, ${key}`,
      );
    }
  }

  #lengthsSlot(lengths: Lengths | readonly number[] | undefined): number | null {
    if (lengths === undefined) return null;
    if ('index' in lengths) {
      if (this.lengthSlots[lengths.index] !== lengths)
        throw new Error('these lengths belong to another program');
      return lengths.index;
    }
    return this.lengths(lengths).index;
  }
}
