import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adapterPositions, type ModelDims, stageTensors, type TensorSpec, whisperPositions } from '@osum/nn';
import { syntheticTensor, writeSafetensors } from '@osum/nn/testing';
import { LORA_TARGETS } from '../layout/low-rank-changes.js';
import { type TestTensor, testTensor } from './torch-file.js';

/** Small and odd dimensions of a checkpoint in the published layout. */
export const DIMS: ModelDims = {
  audio: { sampleRate: 16_000, melBins: 80, maxSeconds: 40 },
  encoder: { layers: 2, width: 24, heads: 3, ffn: 40, maxFrames: 2000, gelu: 'stepwise' },
  adapter: { layers: 2, width: 24, heads: 4, ffn: 36, strides: [1, 2, 2], outWidth: 30 },
  decoder: {
    layers: 2,
    width: 30,
    heads: 6,
    kvHeads: 3,
    headDim: 10,
    ffn: 44,
    vocab: 1207,
    ropeTheta: 16_000_000,
    ropeRounding: 'bf16',
    rmsEps: 1e-5,
    maxPositions: 512,
  },
};

/** LoRA of the checkpoint: alpha / rank = 0.5. */
export const LORA = { rank: 4, alpha: 2, scale: 0.5 };

/** Audio tokens of the speech table, whose last two rows are speech bos and eos. */
const CODEC_ROWS = 13;

/** `tokenizer.model` of 1200 pieces, the last seven rows of the vocabulary are padding. */
const TOKENIZER = new URL('../../../text/test-data/bpe-bytes.model', import.meta.url);

const WRAPPER = 'llama_model.base_model.model.';

/** The tensors of the package that the checkpoint becomes, before LoRA. */
export function packageSpecs(dims: ModelDims = DIMS): TensorSpec[] {
  return (['encoder', 'adapter', 'decoder'] as const).flatMap((stage) => stageTensors(dims, stage));
}

/** The published layout at some size. */
export interface PublishedLayout {
  readonly dims: ModelDims;
  readonly loraRank: number;
  /** Audio tokens of the speech table; the two rows behind them are speech bos and eos. */
  readonly codecRows: number;
  /** Rows of the tables of positions of encoder and adapter. */
  readonly positions: readonly [encoder: number, adapter: number];
  /** The tensor of a name. */
  make(name: string, shape: readonly number[]): TestTensor;
}

const SMALL: PublishedLayout = {
  dims: DIMS,
  loraRank: LORA.rank,
  codecRows: CODEC_ROWS,
  positions: [30, 30],
  make(name, shape) {
    if (name !== SPEECH_TABLE) return testTensor('f32', shape, syntheticTensor(name, shape));
    // The package keeps the last two rows: those are what the formula gives for the package's tensor.
    const kept = syntheticTensor(name, [2, shape[1]!]);
    const values = new Float32Array(shape[0]! * shape[1]!);
    values.set(kept, values.length - kept.length);
    return testTensor('f32', shape, values);
  },
};

const SPEECH_TABLE = 'speech_token_emded.weight';

/**
 * Every key of the published layout (reference: osum-pangu-model.md, sections 2 to 4); small and with weights from a
 * formula unless told otherwise.
 */
export function publishedTensors(layout: PublishedLayout = SMALL): Map<string, TestTensor> {
  const { dims, loraRank, codecRows, positions, make } = layout;
  const { encoder, adapter, decoder } = dims;
  const tensors = new Map<string, TestTensor>();
  const add = (key: string, name: string, shape: readonly number[]): void => {
    tensors.set(key, make(name, shape));
  };
  for (const { name, shape } of packageSpecs(dims)) {
    if (name === SPEECH_TABLE) add(name, name, [codecRows + 2, shape[1]!]);
    else add(checkpointKey(name), name, shape);
    const module = name.replace(/\.weight$/, '');
    if (!LORA_TARGETS.includes(module.split('.').at(-1)!)) continue;
    for (const [factor, extents] of [
      ['A', [loraRank, shape[1]!]],
      ['B', [shape[0]!, loraRank]],
    ] as const) {
      const factorName = `${module}.lora_${factor}.default.weight`;
      add(WRAPPER + factorName, factorName, extents);
    }
  }
  const table = (values: Float32Array, width: number): TestTensor =>
    testTensor('bf16', [1, values.length / width, width], values);
  tensors.set(
    'encoder.embed.pos_enc.pe',
    table(whisperPositions(positions[0], encoder.width), encoder.width),
  );
  tensors.set(
    'speech_transformer.embed.pos_enc.pe',
    table(adapterPositions(positions[1], adapter.width), adapter.width),
  );
  for (const [name, shape] of [
    ['ln_speech.weight', [adapter.width]],
    ['ln_speech.bias', [adapter.width]],
    ['speech_head.weight', [codecRows, decoder.width]],
    ['speech_head.bias', [codecRows]],
  ] as const) {
    add(name, name, shape);
  }
  tensors.set('embed_tokens.weight', tensors.get(checkpointKey('model.embed_tokens.weight'))!);
  tensors.set('lm_head.weight', tensors.get(checkpointKey('lm_head.weight'))!);
  return tensors;
}

/** The published key of a tensor of the package. */
export function checkpointKey(name: string): string {
  if (!/^(model|lm_head)\./.test(name)) return name;
  const [parameter, module] = name.split('.').reverse() as [string, string];
  if (!LORA_TARGETS.includes(module)) return WRAPPER + name;
  return `${WRAPPER}${name.slice(0, -parameter.length)}base_layer.${parameter}`;
}

/** `config.json` of the language model. */
export function languageConfig({ decoder }: Pick<ModelDims, 'decoder'> = DIMS): Record<string, unknown> {
  const { layers, width, heads, kvHeads, headDim, ffn, vocab, ropeTheta, rmsEps, maxPositions } = decoder;
  return {
    architectures: ['PanguEmbeddedForCausalLM'],
    hidden_size: width,
    intermediate_size: ffn,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    vocab_size: vocab,
    rms_norm_eps: rmsEps,
    rope_theta: ropeTheta,
    max_position_embeddings: maxPositions,
    hidden_act: 'silu',
    bias: true,
    tie_word_embeddings: false,
    bos_token_id: 1,
    eos_token_id: 1201,
    pad_token_id: 0,
  };
}

/** `tokenizer_config.json`: tokens inside the model's pieces, one behind them, one without an embedding. */
export function tokenizerConfig(): Record<string, unknown> {
  const entry = (content: string) => ({
    content,
    lstrip: false,
    rstrip: false,
    single_word: false,
    special: true,
  });
  return {
    added_tokens_decoder: {
      '0': entry('<unk>'),
      '1': entry('<s>'),
      '2': entry('</s>'),
      '1201': entry('[unused10]'),
      '1203': entry('<|User|>:'),
      '1207': entry('[PAD]'),
    },
    bos_token: '<s>',
    eos_token: '[unused10]',
    unk_token: '<unk>',
  };
}

/**
 * Writes the folder of the language model; `shards` are its safetensors with an index, by file name, `config` changes
 * `config.json`.
 */
export async function writeLanguageModel(
  folder: string,
  shards: Readonly<Record<string, readonly string[]>> = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...languageConfig(), ...config }));
  await writeFile(join(folder, 'tokenizer.model'), await readFile(TOKENIZER));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig()));
  const specs = new Map(stageTensors(DIMS, 'decoder').map((spec) => [spec.name, spec.shape]));
  const weightMap: Record<string, string> = {};
  for (const [file, names] of Object.entries(shards)) {
    const tensors = names.map((name) => {
      weightMap[name] = file;
      const shape = specs.get(name) ?? [DIMS.decoder.headDim / 2];
      return { name, dtype: 'f32' as const, shape, values: syntheticTensor(name, shape) };
    });
    await writeSafetensors(join(folder, file), tensors);
  }
  if (Object.keys(weightMap).length === 0) return;
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
}
