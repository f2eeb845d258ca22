import type { Program, Tensor } from '@osum/device';
import type { PenaltyMasks } from './penalty-masks.js';
import type { StepInputs } from './step-inputs.js';

/** The chosen token of each output and its probability. */
export interface GreedySelection {
  /** i64 [outputs] */
  readonly tokens: Tensor;
  /** f32 [outputs, 1]: natural logarithm, in the distribution before the penalty. */
  readonly logProbs: Tensor;
}

/**
 * Greedy choice with the repetition penalty (reference: osum-pangu-model.md, section 6), on the device. First marks the
 * last token of each output; then each marked score is multiplied (below zero) or divided by the output's penalty; the
 * largest wins, ties go to the lowest id. `logits` is f32 [outputs, vocab].
 */
export function greedySelection(
  program: Program,
  logits: Tensor,
  inputs: StepInputs,
  masks: PenaltyMasks,
): GreedySelection {
  const { arena } = program;
  const outputs = logits.size(0);
  const tokens = arena.tensor('i64', [outputs]);
  const logProbs = arena.tensor('f32', [outputs, 1]);
  arena.scope(() => {
    const penalties = inputs.tensor('penalties', [outputs, 1]);
    program.indexCopy(masks.mask.view(-1, 1), 0, inputs.tensor('marks'), masks.ones.rows(0, outputs));
    const marked = program.indexSelect(masks.mask, 0, inputs.tensor('maskRows')); // bool [outputs, vocab]
    const multiplied = program.mul(logits, penalties);
    const divided = program.div(logits, penalties);
    const penalised = program.where(program.ltScalar(logits, 0), multiplied, divided);
    const scores = program.where(marked, penalised, logits, multiplied);
    program.argmax(scores, -1, 'i64', tokens);
    program.gather(program.logSoftmax(logits, -1, divided), 1, tokens.view(outputs, 1), logProbs);
  });
  return { tokens, logProbs };
}
