import type { AdapterDims, DecoderDims, EncoderDims, Manifest, WeightKind } from './manifest.js';

/** What a tensor is, which decides how a package stores it: only `linear` weights are quantised. */
export type TensorRole = 'linear' | 'convolution' | 'norm' | 'bias' | 'embedding';

/** A tensor that a stage file must hold. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: TensorRole;
}

/** The stages that load weights. */
export type Stage = 'encoder' | 'adapter' | 'decoder';

/** Taps of every convolution of the model. */
export const KERNEL_TAPS = 3;

/** Rows of the package's speech table: bos, eos. */
const SPEECH_TOKENS = 2;

/** The part of `model.json` that decides shapes. */
export type ModelDims = Pick<Manifest, 'audio' | 'encoder' | 'adapter' | 'decoder'>;

/** The tensors of a stage's file, in the order of computation. */
export function stageTensors(manifest: ModelDims, stage: Stage): TensorSpec[] {
  switch (stage) {
    case 'encoder':
      return encoderTensors(manifest.encoder, manifest.audio.melBins);
    case 'adapter':
      return adapterTensors(manifest.adapter, manifest.encoder.width);
    case 'decoder':
      return decoderTensors(manifest.decoder);
  }
}

/** Parameters of `encoder.safetensors` (reference: osum-pangu-model.md, section 2). */
export function encoderTensors(dims: EncoderDims, melBins: number): TensorSpec[] {
  const { width, ffn, layers } = dims;
  return [
    ...convolution('encoder.embed.conv.0', width, melBins),
    ...convolution('encoder.embed.conv.2', width, width),
    ...Array.from({ length: layers }, (_, n) =>
      wenetBlock(`encoder.encoders.${n}`, width, ffn, false),
    ).flat(),
    ...norm('encoder.after_norm', width),
  ];
}

/** Parameters of `adapter.safetensors` (section 3); `inputWidth` is the encoder's width. */
export function adapterTensors(dims: AdapterDims, inputWidth: number): TensorSpec[] {
  const { width, ffn, layers, strides, outWidth } = dims;
  return [
    ...strides.flatMap((_, i) => convolution(downsamplerName(i), width, i === 0 ? inputWidth : width)),
    ...linear('speech_transformer.embed.out.0', width, width),
    ...norm('speech_transformer.embed.out.1', width),
    ...Array.from({ length: layers }, (_, n) =>
      wenetBlock(`speech_transformer.encoders.${n}`, width, ffn, true),
    ).flat(),
    ...norm('speech_transformer.after_norm', width),
    ...linear('speech_llama_proj', outWidth, width),
    { name: 'speech_token_emded.weight', shape: [SPEECH_TOKENS, outWidth], role: 'embedding' },
  ];
}

/** Parameters of `decoder.safetensors` (section 4). */
export function decoderTensors(dims: DecoderDims): TensorSpec[] {
  const { layers, width, heads, kvHeads, headDim, ffn, vocab } = dims;
  const block = (prefix: string): TensorSpec[] => [
    weight(`${prefix}.input_layernorm`, [width], 'norm'),
    ...linear(`${prefix}.self_attn.q_proj`, heads * headDim, width),
    ...linear(`${prefix}.self_attn.k_proj`, kvHeads * headDim, width),
    ...linear(`${prefix}.self_attn.v_proj`, kvHeads * headDim, width),
    ...linear(`${prefix}.self_attn.o_proj`, width, heads * headDim),
    weight(`${prefix}.post_attention_layernorm`, [width], 'norm'),
    weight(`${prefix}.mlp.gate_proj`, [ffn, width], 'linear'),
    weight(`${prefix}.mlp.up_proj`, [ffn, width], 'linear'),
    weight(`${prefix}.mlp.down_proj`, [width, ffn], 'linear'),
  ];
  return [
    weight('model.embed_tokens', [vocab, width], 'embedding'),
    ...Array.from({ length: layers }, (_, n) => block(`model.layers.${n}`)).flat(),
    weight('model.norm', [width], 'norm'),
    weight('lm_head', [vocab, width], 'linear'),
  ];
}

/** The name of the adapter's i-th convolution: padding, convolution and activation take three numbers each. */
export function downsamplerName(index: number): string {
  return `down_sample_2.conv.${3 * index + 1}`;
}

/** Bytes that a package of this kind stores for a tensor, with the scales of an int8 weight (bf16 a row). */
export function storedBytes(spec: TensorSpec, kind: WeightKind): number {
  const elements = spec.shape.reduce((product, extent) => product * extent, 1);
  if (kind === 'fp32') return 4 * elements;
  if (kind === 'int8' && spec.role === 'linear') return elements + 2 * spec.shape[0]!;
  return 2 * elements;
}

function wenetBlock(prefix: string, width: number, ffn: number, keyBias: boolean): TensorSpec[] {
  const key = `${prefix}.self_attn.linear_k`;
  return [
    ...linear(`${prefix}.self_attn.linear_q`, width, width),
    ...(keyBias ? linear(key, width, width) : [weight(key, [width, width], 'linear')]),
    ...linear(`${prefix}.self_attn.linear_v`, width, width),
    ...linear(`${prefix}.self_attn.linear_out`, width, width),
    ...linear(`${prefix}.feed_forward.w_1`, ffn, width),
    ...linear(`${prefix}.feed_forward.w_2`, width, ffn),
    ...norm(`${prefix}.norm1`, width),
    ...norm(`${prefix}.norm2`, width),
  ];
}

function weight(name: string, shape: readonly number[], role: TensorRole): TensorSpec {
  return { name: `${name}.weight`, shape, role };
}

function bias(name: string, length: number): TensorSpec {
  return { name: `${name}.bias`, shape: [length], role: 'bias' };
}

function linear(name: string, out: number, input: number): TensorSpec[] {
  return [weight(name, [out, input], 'linear'), bias(name, out)];
}

function convolution(name: string, out: number, input: number): TensorSpec[] {
  return [weight(name, [out, input, KERNEL_TAPS], 'convolution'), bias(name, out)];
}

function norm(name: string, width: number): TensorSpec[] {
  return [weight(name, [width], 'norm'), bias(name, width)];
}
