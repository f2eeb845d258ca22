import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AdapterDims,
  type DecoderDims,
  type EncoderDims,
  type Manifest,
  PACKAGE_FORMAT,
  type WeightKind,
} from '../package/manifest.js';
import { type Stage, stageTensors, type TensorSpec } from '../package/tensor-specs.js';
import { quantiseRows } from './int8-quantisation.js';
import { type NamedTensor, writeSafetensors } from './safetensors-writer.js';
import { type Lora, syntheticValues } from './synthetic-tensors.js';

/** What a synthetic package looks like; the defaults are the dimensions of the golden vectors. */
export interface SyntheticOptions {
  readonly weights?: WeightKind;
  readonly encoder?: Partial<EncoderDims>;
  readonly adapter?: Partial<AdapterDims>;
  readonly decoder?: Partial<DecoderDims>;
  readonly lora?: Lora | null;
  /** Bytes of `tokenizer.model`; the models here do not read it. */
  readonly tokenizer?: Uint8Array;
}

const ENCODER: EncoderDims = { layers: 2, width: 64, heads: 4, ffn: 128, maxFrames: 100 };
const ADAPTER: AdapterDims = { layers: 2, width: 64, heads: 4, ffn: 96, strides: [1, 2, 2], outWidth: 48 };
const DECODER: DecoderDims = {
  layers: 2,
  width: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  ffn: 80,
  vocab: 97,
  ropeTheta: 16_000_000,
  ropeRounding: 'fp32',
  rmsEps: 1e-5,
  maxPositions: 512,
};

/**
 * Writes a model package with weights from a formula into `directory` and returns its manifest. The adapter's output
 * width follows the decoder's unless given.
 */
export async function writeSyntheticPackage(
  directory: string,
  options: SyntheticOptions = {},
): Promise<Manifest> {
  await mkdir(directory, { recursive: true });
  const draft = draftManifest(options);
  const record = async (path: string, bytes: Uint8Array) => ({
    path,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  const stage = async (name: Stage) => {
    const tensors = stageTensors(draft, name).flatMap((spec) =>
      stored(spec, draft.weights, options.lora ?? null),
    );
    const path = `${name}.safetensors`;
    return record(path, await writeSafetensors(join(directory, path), tensors));
  };
  const tokenizer = options.tokenizer ?? Buffer.from('synthetic package without a tokenizer');
  await writeFile(join(directory, 'tokenizer.model'), tokenizer);
  const manifest: Manifest = {
    ...draft,
    files: {
      encoder: await stage('encoder'),
      adapter: await stage('adapter'),
      decoder: await stage('decoder'),
      tokenizer: await record('tokenizer.model', tokenizer),
    },
  };
  await writeFile(join(directory, 'model.json'), JSON.stringify(manifest, null, 2));
  return manifest;
}

function draftManifest(options: SyntheticOptions): Omit<Manifest, 'files'> {
  const decoder = { ...DECODER, ...options.decoder };
  return {
    format: PACKAGE_FORMAT,
    name: 'synthetic',
    version: '0.0.0',
    weights: options.weights ?? 'fp32',
    audio: { sampleRate: 16_000, melBins: 80, maxSeconds: 2 },
    encoder: { ...ENCODER, ...options.encoder },
    adapter: { ...ADAPTER, outWidth: decoder.width, ...options.adapter },
    decoder,
    tokenizer: { type: 'sentencepiece', bos: 1, eos: 2, pad: 0, addedTokens: [] },
    prompts: {
      understand: [{ text: 'u', bos: true }, { instruction: true, bos: true }, { speech: true }],
      chat: [{ text: 'c', bos: true }, { speech: true }],
      intent: [
        { text: 'i', bos: true },
        { instruction: true, bos: false },
      ],
    },
    intentPrefix: '',
    passPrompt: 'tags',
    generation: { maxNewTokens: 400, repetitionPenalty: 1.05 },
    combinations: ['<asr>'],
    tasks: { asr: { supported: true, languages: ['en'], scores: [] } },
    provenance: { madeBy: 'a formula' },
    licences: [{ what: 'formula', licence: 'Apache-2.0' }],
  };
}

function stored(spec: TensorSpec, kind: WeightKind, lora: Lora | null): NamedTensor[] {
  const { name, shape } = spec;
  const values = syntheticValues(spec, lora);
  if (kind === 'int8' && spec.role === 'linear') {
    const quantised = quantiseRows(values, shape[0]!);
    return [
      { name, dtype: 'i8', shape, values: quantised.values },
      { name: `${name}_scale`, dtype: 'bf16', shape: [shape[0]!], values: quantised.scales },
    ];
  }
  return [{ name, dtype: kind === 'fp32' ? 'f32' : 'bf16', shape, values }];
}
