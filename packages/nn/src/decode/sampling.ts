/** How the next token of a row is chosen on the host. */
export interface SamplingOptions {
  /** Divides positive and multiplies negative scores of generated tokens; 1 = none. */
  readonly repetitionPenalty: number;
  /** Divides the scores; above 0. */
  readonly temperature: number;
  /** Keeps the k best tokens; 0 = all. */
  readonly topK: number;
  /** Keeps the smallest set of best tokens whose probabilities reach p; 1 = all. */
  readonly topP: number;
  /** Starts the random numbers; the same seed and logits give the same tokens. */
  readonly seed: number;
}

/** A chosen token and the natural logarithm of its probability in the model's own distribution (before penalties). */
export interface Choice {
  readonly token: number;
  readonly logProb: number;
}

/**
 * Scores after the repetition penalty, in float32: x * p if x < 0, else x / p, once for each distinct generated id
 * (reference: osum-pangu-model.md, section 6). `logits` stays as it is.
 */
export function penalised(logits: Float32Array, generated: Iterable<number>, penalty: number): Float32Array {
  const scores = logits.slice();
  const factor = Math.fround(penalty);
  for (const id of new Set(generated)) {
    const score = logits[id]!;
    scores[id] = score < 0 ? score * factor : score / factor;
  }
  return scores;
}

/** The index of the largest score; ties go to the lowest index. */
export function argmax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

/** The natural logarithm of the softmax of `logits` at `token`. */
export function logProbability(logits: Float32Array, token: number): number {
  const top = logits[argmax(logits)]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return logits[token]! - top - Math.log(sum);
}

/** Greedy choice with the repetition penalty, as the device does it. */
export function greedyChoice(logits: Float32Array, generated: Iterable<number>, penalty: number): Choice {
  const token = argmax(penalised(logits, generated, penalty));
  return { token, logProb: logProbability(logits, token) };
}

/**
 * The best of the `allowed` ids under the repetition penalty; ties go to the lowest id. Throws a `RangeError` when none
 * is allowed.
 */
export function constrainedChoice(
  logits: Float32Array,
  allowed: Iterable<number>,
  generated: Iterable<number>,
  penalty: number,
): Choice {
  const scores = penalised(logits, generated, penalty);
  let best = -1;
  for (const id of allowed) {
    const better = best < 0 || scores[id]! > scores[best]! || (scores[id] === scores[best] && id < best);
    if (better) best = id;
  }
  if (best < 0) throw new RangeError('the grammar allows no token here; an accepting state must allow eos');
  return { token: best, logProb: logProbability(logits, best) };
}

/** Draws tokens with penalty, temperature, top-k and top-p, in this order. */
export class Sampler {
  readonly #random: () => number;

  /** Throws a `RangeError` when an option is out of its range. */
  constructor(readonly options: SamplingOptions) {
    const { repetitionPenalty, temperature, topK, topP, seed } = options;
    requireOption(repetitionPenalty > 0, 'repetitionPenalty is above 0', repetitionPenalty);
    requireOption(temperature > 0, 'temperature is above 0 (choose greedily instead of 0)', temperature);
    requireOption(Number.isInteger(topK) && topK >= 0, 'topK is a whole number from 0', topK);
    requireOption(topP > 0 && topP <= 1, 'topP is above 0 and at most 1', topP);
    this.#random = uniform(seed);
  }

  /** The next token of a row of logits. */
  choose(logits: Float32Array, generated: Iterable<number>): Choice {
    const { repetitionPenalty, temperature, topK, topP } = this.options;
    const scores = penalised(logits, generated, repetitionPenalty);
    let ids = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
    if (topK > 0) ids = ids.subarray(0, topK);
    const top = scores[ids[0]!]!;
    const weights = Float64Array.from(ids, (id) => Math.exp((scores[id]! - top) / temperature));
    const kept = countReaching(weights, topP * weights.reduce((sum, w) => sum + w, 0));
    const total = weights.subarray(0, kept).reduce((sum, w) => sum + w, 0);
    const drawn = Math.min(countReaching(weights, this.#random() * total), kept) - 1;
    const token = ids[drawn]!;
    return { token, logProb: logProbability(logits, token) };
  }
}

/** How many leading weights it takes to reach `mass`; at least 1. */
function countReaching(weights: Float64Array, mass: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (sum >= mass) return i + 1;
  }
  return weights.length;
}

/** Uniform numbers in [0, 1): the 32-bit generator "mulberry32" (public domain, T. Ettinger). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function requireOption(holds: boolean, rule: string, value: number): void {
  if (!holds) throw new RangeError(`${rule}, got ${value}`);
}
