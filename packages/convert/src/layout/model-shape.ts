import type { AdapterDims, DecoderDims, EncoderDims } from '@osum/nn';
import type { LanguageConfig } from '../language/language-config.js';
import type { Found } from './inventory.js';
import type { Problems } from './problems.js';

/** Frames of the encoder a second. */
const FRAMES_PER_SECOND = 50;

/** Width of an attention head in every size of Whisper. */
const WHISPER_HEAD_WIDTH = 64;

/** Heads of the published adapter's transformer. */
const ADAPTER_HEADS = 4;

/** Steps of the adapter's convolutions: 50 to 12.5 rows a second (reference: osum-pangu-model.md, section 3). */
const ADAPTER_STRIDES = [1, 2, 2];

/** What tensors do not tell. */
export interface ShapeOptions {
  /** Default: the encoder's width / 64. */
  readonly encoderHeads?: number | undefined;
  /** Default: 4. */
  readonly adapterHeads?: number | undefined;
  /** The longest utterance that the package takes. */
  readonly maxSeconds: number;
  readonly ropeRounding: 'bf16' | 'fp32';
}

/** The encoder's dimensions, and the mel bins that it reads. */
export interface EncoderShape {
  readonly dims: EncoderDims;
  readonly melBins: number;
}

/** Reads dimensions off tensors, and notes what is missing or does not fit. */
export class ShapeReader {
  constructor(
    private readonly weights: ReadonlyMap<string, Found>,
    private readonly options: ShapeOptions,
    private readonly problems: Problems,
  ) {}

  /** From `encoder.*`; undefined when the tensors that decide are missing. */
  encoder(): EncoderShape | undefined {
    const stem = this.#shape('encoder.embed.conv.0.weight', 3);
    const ffn = this.#commonest(/^encoder\.encoders\.\d+\.feed_forward\.w_1\.weight$/, 0);
    if (stem === undefined || ffn === undefined) return undefined;
    const [width, melBins] = stem as [number, number];
    const heads = this.options.encoderHeads ?? width / WHISPER_HEAD_WIDTH;
    if (!this.#divides(heads, width, 'encoder', '--encoder-heads')) return undefined;
    const layers = this.#layers('encoder.encoders');
    const maxFrames = Math.ceil(this.options.maxSeconds * FRAMES_PER_SECOND);
    return { dims: { layers, width, heads, ffn, maxFrames, gelu: 'stepwise' }, melBins };
  }

  /** From `down_sample_2.*`, `speech_transformer.*` and `speech_llama_proj.*`. */
  adapter(): AdapterDims | undefined {
    const input = this.#shape('speech_transformer.embed.out.0.weight', 2);
    const projection = this.#shape('speech_llama_proj.weight', 2);
    const ffn = this.#commonest(/^speech_transformer\.encoders\.\d+\.feed_forward\.w_1\.weight$/, 0);
    if (input === undefined || projection === undefined || ffn === undefined) return undefined;
    const width = input[0]!;
    const heads = this.options.adapterHeads ?? ADAPTER_HEADS;
    if (!this.#divides(heads, width, 'adapter', '--adapter-heads')) return undefined;
    return {
      layers: this.#layers('speech_transformer.encoders'),
      width,
      heads,
      ffn,
      strides: ADAPTER_STRIDES,
      outWidth: projection[0]!,
    };
  }

  /** From `model.*`, with the head counts of `config.json`, which must agree with the tensors elsewhere. */
  decoder(config: LanguageConfig): DecoderDims | undefined {
    const embedding = this.#shape('model.embed_tokens.weight', 2);
    const ffn = this.#commonest(/^model\.layers\.\d+\.mlp\.gate_proj\.weight$/, 0);
    if (embedding === undefined || ffn === undefined) return undefined;
    const [vocab, width] = embedding as [number, number];
    const layers = this.#layers('model.layers');
    for (const [key, ofTensors] of [
      ['num_hidden_layers', layers],
      ['hidden_size', width],
      ['intermediate_size', ffn],
      ['vocab_size', vocab],
    ] as const) {
      if (config[key] !== ofTensors) {
        this.problems.add('config', key, `it says ${config[key]}, the tensors have ${ofTensors}`);
      }
    }
    return {
      layers,
      width,
      heads: config.num_attention_heads,
      kvHeads: config.num_key_value_heads,
      headDim: config.head_dim,
      ffn,
      vocab,
      ropeTheta: config.rope_theta,
      ropeRounding: this.options.ropeRounding,
      rmsEps: config.rms_norm_eps,
      maxPositions: config.max_position_embeddings,
    };
  }

  #shape(name: string, dimensions: number): readonly number[] | undefined {
    const found = this.weights.get(name);
    if (found === undefined) {
      this.problems.add('missing', name, 'it decides dimensions');
      return undefined;
    }
    const { shape } = found.tensor;
    if (shape.length === dimensions) return shape;
    this.problems.add('shape', name, `${dimensions} dimensions expected, ${found.label} has [${shape}]`);
    return undefined;
  }

  /** The extent that most of the tensors of a kind have, so that one odd layer is reported as the odd one. */
  #commonest(names: RegExp, dimension: number): number | undefined {
    const counts = new Map<number, number>();
    for (const [name, { tensor }] of this.weights) {
      const extent = tensor.shape[dimension];
      if (extent !== undefined && names.test(name)) counts.set(extent, (counts.get(extent) ?? 0) + 1);
    }
    if (counts.size === 0) {
      const readable = names.source.replace(/[\^$\\]/g, '').replace('d+', 'N');
      this.problems.add('missing', readable, 'it decides dimensions');
      return undefined;
    }
    return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
  }

  /** One more than the highest layer that has a tensor; gaps show as missing tensors. */
  #layers(prefix: string): number {
    let layers = 0;
    for (const name of this.weights.keys()) {
      if (!name.startsWith(`${prefix}.`)) continue;
      const layer = Number.parseInt(name.slice(prefix.length + 1), 10);
      // No model has more layers than tensors: a wild number is an unknown key, not a size.
      if (layer >= layers && layer < this.weights.size) layers = layer + 1;
    }
    return layers;
  }

  #divides(heads: number, width: number, part: string, option: string): boolean {
    if (Number.isInteger(heads) && heads > 0 && width % heads === 0) return true;
    this.problems.add(
      'config',
      part,
      `its width of ${width} does not divide into ${heads} heads; say how many with ${option}`,
    );
    return false;
  }
}
