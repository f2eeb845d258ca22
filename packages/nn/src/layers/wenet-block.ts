import type { Linear, Program, Tensor } from '@osum/device';
import type { Ragged } from '../ragged.js';
import type { LayerNormWeights, StageWeights } from '../weights/stage-weights.js';
import { raggedSelfAttention } from './self-attention.js';
import { stepwiseGelu } from './stepwise-gelu.js';

/** Of every LayerNorm in the encoder and the adapter. */
const LAYER_NORM_EPS = 1e-5;

/** What stands between the layers of the feed-forward part; each may overwrite its input. */
const ACTIVATIONS: Readonly<
  Record<'gelu' | 'stepwise-gelu' | 'relu', (program: Program, inner: Tensor) => Tensor>
> = {
  gelu: (program, inner) => program.gelu(inner),
  'stepwise-gelu': (program, inner) => stepwiseGelu(program, inner),
  relu: (program, inner) => program.inplaceRelu(inner),
};

/** Weights of a pre-norm transformer block, as WeNet names them. */
export interface WenetBlock {
  readonly norm1: LayerNormWeights;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly norm2: LayerNormWeights;
  readonly up: Linear;
  readonly down: Linear;
}

/** Takes a block's weights from a stage file. */
export function loadWenetBlock(weights: StageWeights, prefix: string): WenetBlock {
  return {
    norm1: weights.layerNorm(`${prefix}.norm1`),
    query: weights.linear(`${prefix}.self_attn.linear_q`),
    key: weights.linear(`${prefix}.self_attn.linear_k`),
    value: weights.linear(`${prefix}.self_attn.linear_v`),
    out: weights.linear(`${prefix}.self_attn.linear_out`),
    norm2: weights.layerNorm(`${prefix}.norm2`),
    up: weights.linear(`${prefix}.feed_forward.w_1`),
    down: weights.linear(`${prefix}.feed_forward.w_2`),
  };
}

/**
 * x [rows, width] += Attention(LN1(x)); x += W2(activation(W1(LN2(x)))), in place, attention within each utterance.
 * The encoder's activation is GELU, rounded once or step by step, the adapter's ReLU.
 */
export function wenetBlock(
  program: Program,
  block: WenetBlock,
  x: Tensor,
  utterances: Ragged,
  heads: number,
  activation: keyof typeof ACTIVATIONS,
): void {
  const { arena } = program;
  arena.scope(() => {
    const h = layerNorm(program, x, block.norm1);
    const query = program.linear(h, block.query);
    const key = program.linear(h, block.key);
    const value = program.linear(h, block.value);
    const mixed = raggedSelfAttention(program, heads, query, key, value, utterances);
    program.inplaceAdd(x, program.linear(mixed, block.out, h));
  });
  arena.scope(() => {
    const h = layerNorm(program, x, block.norm2);
    const inner = program.linear(h, block.up);
    const active = ACTIVATIONS[activation](program, inner);
    program.inplaceAdd(x, program.linear(active, block.down, h));
  });
}

/** LayerNorm with the model's eps. */
export function layerNorm(program: Program, x: Tensor, norm: LayerNormWeights, out?: Tensor): Tensor {
  return program.layerNorm(x, norm.weight, norm.bias, LAYER_NORM_EPS, out);
}
