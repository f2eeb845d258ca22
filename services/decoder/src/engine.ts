import type { BlockPool, GreedyOptions, KvSequence, StepResult } from '@osum/nn';

/** The written positions of a block that a forked sequence cannot share with its parent. */
export type BlockCopy = ReturnType<KvSequence['fork']>['copies'][number];

/** Rows of speech embeddings as they came over the wire, `[rows, width]` row-major little-endian. */
export interface SpeechRows {
  readonly dtype: 'bf16' | 'f32';
  readonly rows: number;
  readonly data: Uint8Array;
}

/** Consecutive input rows of one sequence: token ids to look up, or a range of its speech rows. */
export type EngineInput =
  | { readonly tokens: readonly number[] }
  | { readonly speech: SpeechRows; readonly from: number; readonly rows: number };

/** One sequence's share of a step. Its sequence has the blocks for these rows. */
export interface EngineStep {
  readonly sequence: KvSequence;
  readonly inputs: readonly EngineInput[];
  /** What is wanted of the last row: nothing, its logits, or a greedy choice on the device. */
  readonly result: 'none' | 'logits' | GreedyOptions;
}

/** One ragged forward pass over parts of several sequences. */
export interface EngineBatch {
  /** What forked sequences do not share with their parents, copied before the pass. */
  readonly copies: readonly BlockCopy[];
  readonly steps: readonly EngineStep[];
}

/**
 * The model and its KV cache as the scheduler sees them: the narrow waist between the decoder service and
 * `packages/nn`.
 */
export interface DecoderEngine {
  /** Blocks of the KV cache; another pool after `recover`. */
  readonly pool: BlockPool;
  /** Context positions that the model has. */
  readonly maxPositions: number;
  /** Input rows that one step can take. */
  readonly maxRows: number;
  /** Sequences that one step can take, which is also the number of slots. */
  readonly maxSequences: number;
  /** Places for generations that nobody holds. */
  readonly freeSlots: number;

  /** A place for one generation, `slot` of its `GreedyOptions`. */
  acquireSlot(): number;
  releaseSlot(slot: number): void;

  /**
   * Runs one step and advances its sequences; one call at a time. Rejects with `EngineLostError` when the content of
   * every KV block is void, and with any other error when only this step failed.
   */
  step(batch: EngineBatch): Promise<readonly StepResult[]>;

  /** Has `listener` called when every KV block is void for a reason other than a step of this engine. */
  onLost(listener: (error: EngineLostError) => void): void;

  /** After a loss: resolves when the engine is usable again, with an empty cache. */
  recover(signal: AbortSignal): Promise<void>;

  /** Frees the cache. No step may be in flight. */
  close(): Promise<void>;
}

/** The device failed such that all KV blocks are void; `cause` is the device's error. */
export class EngineLostError extends Error {
  override readonly name = 'EngineLostError';
}
