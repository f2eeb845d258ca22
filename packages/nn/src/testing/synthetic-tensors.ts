import type { TensorSpec } from '../package/tensor-specs.js';

/**
 * Weights from a formula (reference: osum-pangu-model.md, Appendix B), so that a test needs no file: with
 * ph = (sum of the name's bytes mod 1000) / 100 and s = sin(0.7 (k + 1) + ph) for the row-major index k,
 *
 * - norm weights are 1 + 0.1 s, biases 0.05 s, the decoder's embeddings 0.5 s,
 * - other weights s * 1.2 / sqrt(elements per output row),
 *
 * in float32. `name` is the checkpoint's, with its prefixes.
 */
export function syntheticTensor(name: string, shape: readonly number[]): Float32Array {
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const phase = (Buffer.from(name).reduce((sum, byte) => sum + byte, 0) % 1000) * 0.01;
  const [offset, factor] = offsetAndFactor(name, elements / (shape[0] ?? 1));
  return Float32Array.from({ length: elements }, (_, k) => offset + factor * Math.sin(0.7 * (k + 1) + phase));
}

function offsetAndFactor(name: string, elementsPerRow: number): [number, number] {
  if (name.endsWith('.bias')) return [0, 0.05];
  if (name.includes('norm') || name.includes('embed.out.1')) return [1, 0.1];
  if (name.includes('embed_tokens')) return [0, 0.5];
  return [0, 1.2 / Math.sqrt(elementsPerRow)];
}

/** The projections that LoRA changes (section 4.2); `up_proj` is not among them. */
const LORA_TARGETS = /\.(q_proj|k_proj|v_proj|o_proj|gate_proj|down_proj)\.weight$/;

/** A low-rank change of weights: W + scale * B A. */
export interface Lora {
  readonly rank: number;
  readonly scale: number;
}

/** The synthetic values of a tensor, with LoRA merged in float32 where it applies. */
export function syntheticValues(spec: TensorSpec, lora: Lora | null): Float32Array {
  const values = syntheticTensor(spec.name, spec.shape);
  if (lora === null || !LORA_TARGETS.test(spec.name)) return values;
  const [outputs, inputs] = spec.shape as [number, number];
  const { rank, scale } = lora;
  const prefix = spec.name.replace(/\.weight$/, '');
  const a = syntheticTensor(`${prefix}.lora_A.default.weight`, [rank, inputs]);
  const b = syntheticTensor(`${prefix}.lora_B.default.weight`, [outputs, rank]);
  for (let row = 0; row < outputs; row++) {
    for (let column = 0; column < inputs; column++) {
      let product = 0;
      for (let r = 0; r < rank; r++) product += b[row * rank + r]! * a[r * inputs + column]!;
      values[row * inputs + column]! += scale * product;
    }
  }
  return values;
}
