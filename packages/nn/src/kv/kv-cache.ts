import { Arena, type Device, type DeviceBuffer, Program, type Tensor } from '@osum/device';
import type { DecoderDims } from '../package/manifest.js';
import type { ComputeDType } from '../weights/stage-weights.js';
import { BlockPool } from './block-pool.js';
import { BLOCK_POSITIONS, type BlockCopy, KvSequence } from './kv-sequence.js';

/** The block that rows without a sequence write to: padding rows of a captured decode step. */
export const SCRATCH_BLOCK = 0;

/** Which dimensions decide the size of a cache. */
export type KvDims = Pick<DecoderDims, 'layers' | 'kvHeads' | 'headDim'>;

/** Bytes of one block of 128 positions over all layers, keys and values. */
export function kvBytesPerBlock(
  { layers, kvHeads, headDim }: KvDims,
  compute: ComputeDType = 'bf16',
): number {
  const elementBytes = compute === 'f32' ? 4 : 2;
  return layers * 2 * BLOCK_POSITIONS * kvHeads * headDim * elementBytes;
}

/**
 * The paged key/value cache of a decoder on one device. One buffer [layers, 2, blocks, 128, kvHeads * headDim]; which
 * block belongs to whom is in `pool`.
 */
export class KvCache implements AsyncDisposable {
  readonly pool: BlockPool;
  readonly #tensor: Tensor;

  private constructor(
    readonly dims: KvDims,
    readonly buffer: DeviceBuffer,
    dtype: ComputeDType,
    /** Blocks in the cache, with the scratch block. */
    readonly totalBlocks: number,
  ) {
    const { layers, kvHeads, headDim } = dims;
    this.#tensor = buffer.tensor(dtype, [layers, 2, totalBlocks, BLOCK_POSITIONS, kvHeads * headDim]);
    this.pool = new BlockPool(totalBlocks, SCRATCH_BLOCK + 1);
  }

  /** Device bytes of a cache with room for `blocks` blocks of sequences: those, and the scratch block. */
  static bytesFor(dims: KvDims, compute: ComputeDType, blocks: number): number {
    return (blocks + 1) * kvBytesPerBlock(dims, compute);
  }

  /** A cache with room for `blocks` blocks of sequences, zeroed. Rejects when the device's memory does not suffice. */
  static async create(device: Device, dims: KvDims, compute: ComputeDType, blocks: number): Promise<KvCache> {
    const buffer = await device.allocate(KvCache.bytesFor(dims, compute, blocks));
    const cache = new KvCache(dims, buffer, compute, blocks + 1);
    const stream = await device.createStream();
    try {
      // Attention multiplies masked values by zero: memory that was never written must not hold NaN.
      const program = new Program(new Arena(cache.buffer));
      program.zero(cache.#tensor);
      await stream.run(program);
    } finally {
      await stream.dispose();
    }
    return cache;
  }

  /** A new empty sequence. */
  sequence(): KvSequence {
    return new KvSequence(this.pool);
  }

  /** Keys of a layer: [blocks, 128, kvHeads * headDim], as paged attention takes them. */
  keys(layer: number): Tensor {
    return this.#tensor.select(0, layer).select(0, 0);
  }

  /** Values of a layer, likewise. */
  values(layer: number): Tensor {
    return this.#tensor.select(0, layer).select(0, 1);
  }

  /** Copies the positions that forked sequences do not share; one step per copy, all layers at once. */
  copyBlocks(program: Program, copies: readonly BlockCopy[]): void {
    for (const { from, to, positions } of copies) {
      const block = (id: number): Tensor => this.#tensor.select(2, id).slice(2, 0, positions); // [layers, 2, positions, H]
      program.copy(block(to), block(from));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buffer.dispose();
  }
}
