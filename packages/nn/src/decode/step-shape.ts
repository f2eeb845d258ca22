import type { Tensor } from '@osum/device';
import { blocksForPositions } from '../kv/kv-sequence.js';
import { type SequenceStep, stepRows } from './step.js';
import type { StepSize } from './step-inputs.js';

/** What a step program is built for; ids, positions, blocks and penalties come later, with each run. */
export interface StepShape {
  readonly size: StepSize;
  /** Rows of the sequences, cumulative. */
  readonly queryLengths: readonly number[];
  /** Positions of each sequence after the step. */
  readonly keyLengths: readonly number[];
  /** Embeddings that replace those of token ids, from a row on. */
  readonly embeddings: readonly { readonly row: number; readonly rows: Tensor }[];
  /** Every row's logits are wanted, in order, and need not be gathered. */
  readonly allRows: boolean;
  /** Tokens are chosen on the device. */
  readonly greedy: boolean;
  /** Logits go to the host. */
  readonly logits: boolean;
}

/** Exactly these steps. */
export function shapeOfSteps(steps: readonly SequenceStep[]): StepShape {
  const queryLengths: number[] = [];
  const keyLengths: number[] = [];
  const embeddings: { row: number; rows: Tensor }[] = [];
  let row = 0;
  for (const step of steps) {
    keyLengths.push(step.sequence.length + stepRows(step));
    for (const input of step.inputs) {
      if ('embeddings' in input) embeddings.push({ row, rows: input.embeddings });
      row += 'tokens' in input ? input.tokens.length : input.embeddings.size(0);
    }
    queryLengths.push(row);
  }
  const results = steps.map(({ result }) => result);
  const size = {
    rows: row,
    sequences: steps.length,
    maxBlocks: blocksForPositions(Math.max(...keyLengths)),
    outputs: results.filter((result) => result !== 'none').length,
  };
  return {
    size,
    queryLengths,
    keyLengths,
    embeddings,
    allRows: false,
    greedy: results.some((result) => typeof result === 'object'),
    logits: results.includes('logits'),
  };
}

/** Up to `sequences` decoding sequences with a row each, of any length up to `maxPositions`. */
export function shapeOfDecoding(sequences: number, maxPositions: number, logits: boolean): StepShape {
  return {
    size: {
      rows: sequences,
      sequences,
      maxBlocks: blocksForPositions(maxPositions),
      outputs: sequences,
    },
    queryLengths: Array.from({ length: sequences }, (_, i) => i + 1),
    keyLengths: new Array<number>(sequences).fill(1),
    embeddings: [],
    allRows: true,
    greedy: true,
    logits,
  };
}
