import type { Tensor } from '@osum/device';
import type { KvSequence } from '../kv/kv-sequence.js';

/** What a step appends to a sequence: token ids, or rows that are embeddings already ([n, width], such as speech). */
export type StepInput = { readonly tokens: ArrayLike<number> } | { readonly embeddings: Tensor };

/** How the device chooses the next token. */
export interface GreedyOptions {
  /** Slot of this generation in the penalty masks. */
  readonly slot: number;
  /** Repetition penalty; 1 = none. */
  readonly penalty: number;
  /** The token generated last, from now on penalised; null when none was. */
  readonly generated: number | null;
}

/**
 * One sequence's share of a step: a chunk of its prompt, or the token chosen last. Its sequence has reserved the
 * positions; a sequence appears once in a step.
 */
export interface SequenceStep {
  readonly sequence: KvSequence;
  /** Appended in order; at least one row. */
  readonly inputs: readonly StepInput[];
  /**
   * What is wanted of the last row: nothing (the prompt goes on), a greedy choice made on the device, or its logits for
   * a choice on the host.
   */
  readonly result: 'none' | 'logits' | GreedyOptions;
}

/** A token chosen on the device; `logProb` is the natural logarithm of its probability before the penalty. */
export interface GreedyResult {
  readonly token: number;
  readonly logProb: number;
}

/** What became of a `SequenceStep`: null for `none`, a token for greedy, f32 [vocab] for `logits`. */
export type StepResult = null | GreedyResult | { readonly logits: Float32Array };

/** Rows that a step appends. */
export function stepRows(step: SequenceStep): number {
  return step.inputs.reduce(
    (rows, input) => rows + ('tokens' in input ? input.tokens.length : input.embeddings.size(0)),
    0,
  );
}
