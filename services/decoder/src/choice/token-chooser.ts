import { type Choice, constrainedChoice, type GreedyOptions, Sampler, type StepResult } from '@osum/nn';
import type { TagAutomaton } from '@osum/text';

/** Chooses a pass's next token. One per pass: it remembers what was chosen. */
export interface TokenChooser {
  /** What the engine is to do with the last row of the pass, which holds `slot`. */
  want(slot: number): 'logits' | GreedyOptions;
  /** The choice, made from the engine's result. */
  choose(result: StepResult): Choice;
}

/** Sampling parameters of a pass. */
export interface SamplingRule {
  /** Above 0. */
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
  readonly seed: number;
}

/** Greedy with repetition penalty, on the device. */
export function greedyChooser(penalty: number): TokenChooser {
  let generated: number | null = null;
  return {
    want: (slot) => ({ slot, penalty, generated }),
    choose(result) {
      if (result === null || 'logits' in result) throw new Error('expected a greedy choice from the engine');
      generated = result.token;
      return result;
    },
  };
}

/** Greedy among what the automaton allows, on the host. A pass ends with the automaton's end-of-sequence id. */
export function constrainedChooser(automaton: TagAutomaton, penalty: number): TokenChooser {
  const generated: number[] = [];
  let state = automaton.start;
  return fromLogits((logits) => {
    const choice = constrainedChoice(logits, automaton.allowedNext(state), generated, penalty);
    generated.push(choice.token);
    state = automaton.advance(state, choice.token) ?? state;
    return choice;
  });
}

/** Sampled, on the host. */
export function samplingChooser(rule: SamplingRule, repetitionPenalty: number): TokenChooser {
  const sampler = new Sampler({ ...rule, repetitionPenalty });
  const generated: number[] = [];
  return fromLogits((logits) => {
    const choice = sampler.choose(logits, generated);
    generated.push(choice.token);
    return choice;
  });
}

function fromLogits(choose: (logits: Float32Array) => Choice): TokenChooser {
  return {
    want: () => 'logits',
    choose(result) {
      if (result === null || !('logits' in result)) throw new Error('expected logits from the engine');
      return choose(result.logits);
    },
  };
}
