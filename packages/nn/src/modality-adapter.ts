import { Arena, type Device, type Program, type Tensor } from '@osum/device';
import { adapterRowsFromEncoder } from './audio/lengths.js';
import { convolveRows } from './layers/convolution.js';
import type { Tap } from './layers/tap.js';
import { layerNorm, loadWenetBlock, wenetBlock } from './layers/wenet-block.js';
import type { AdapterDims, Manifest } from './package/manifest.js';
import type { ModelPackage } from './package/model-package.js';
import { downsamplerName, KERNEL_TAPS } from './package/tensor-specs.js';
import { adapterPositions } from './position/sinusoids.js';
import { type Ragged, ragged } from './ragged.js';
import { computeDType, type LoadOptions, loadStage, StageWeights } from './weights/stage-weights.js';
import { encoderMaxFrames } from './whisper-encoder.js';

/** What the adapter makes of a batch. */
export interface AdapterOutput {
  /** [sum of rows, llmWidth]: each utterance is a bos row, its speech rows, an eos row. */
  readonly embeddings: Tensor;
  /** Rows of each utterance, S + 2: its positions in the language model. */
  readonly rows: readonly number[];
}

/** Zero rows before a causal convolution. */
const CAUSAL_ROWS = KERNEL_TAPS - 1; // 2

/**
 * The modality adapter (reference: osum-pangu-model.md, section 3): causal convolutions that take 50 to 12.5 rows a
 * second, a small transformer, and the projection to the language model's width, set between the speech bos and eos rows.
 */
export class ModalityAdapter implements AsyncDisposable {
  readonly #weights: StageWeights;
  readonly #convolutions;
  readonly #input;
  readonly #inputNorm;
  readonly #blocks;
  readonly #afterNorm;
  readonly #projection;
  /** [2, llmWidth]: bos, eos. */
  readonly #speechTokens: Tensor;
  /** [maxRows, width] */
  readonly #positions: Tensor;

  private constructor(
    weights: StageWeights,
    readonly dims: AdapterDims,
    maxRows: number,
  ) {
    this.#weights = weights;
    this.#convolutions = dims.strides.map((_, i) => weights.convolution(downsamplerName(i)));
    this.#input = weights.linear('speech_transformer.embed.out.0');
    this.#inputNorm = weights.layerNorm('speech_transformer.embed.out.1');
    this.#blocks = Array.from({ length: dims.layers }, (_, n) =>
      loadWenetBlock(weights, `speech_transformer.encoders.${n}`),
    );
    this.#afterNorm = weights.layerNorm('speech_transformer.after_norm');
    this.#projection = weights.linear('speech_llama_proj');
    this.#speechTokens = weights.tensor('speech_token_emded.weight');
    this.#positions = weights.constant(adapterPositions(maxRows, dims.width), [maxRows, dims.width]);
  }

  /** Loads `adapter.safetensors` onto a device. Throws a `PackageError` when the file is not what model.json says. */
  static async load(device: Device, opened: ModelPackage, options?: LoadOptions): Promise<ModalityAdapter> {
    const dims = opened.manifest.adapter;
    const maxRows = adapterMaxRows(opened.manifest);
    const compute = computeDType(opened.manifest.weights);
    const tableBytes = Arena.bytesFor(compute, [maxRows, dims.width]);
    return loadStage(
      StageWeights.open(device, opened, 'adapter', tableBytes, options),
      (weights) => new ModalityAdapter(weights, dims, maxRows),
    );
  }

  /** What hidden states must be in and embeddings come out in. */
  get dtype(): 'f32' | 'bf16' {
    return this.#weights.compute;
  }

  /** The most speech rows S of an utterance. */
  get maxRows(): number {
    return this.#positions.size(0);
  }

  /**
   * Appends the adapter to a program. `hidden` is [sum of E, encoder width], `frames` holds the E of each utterance.
   * Throws a `RangeError` for an utterance without frames or beyond the positional table.
   */
  forward(program: Program, hidden: Tensor, frames: readonly number[], tap?: Tap): AdapterOutput {
    const input = ragged(frames);
    const speechRows = frames.map((length) => adapterRowsFromEncoder(length, this.dims.strides));
    const longest = Math.max(...speechRows);
    if (longest > this.maxRows) {
      throw new RangeError(
        `an utterance of ${longest} speech rows exceeds the package's ${this.maxRows}; split the audio`,
      );
    }
    const speech = ragged(speechRows);
    const output = ragged(speechRows.map((length) => length + 2));
    const { width, heads, outWidth } = this.dims;
    const embeddings = program.arena.tensor(this.dtype, [output.rows, outWidth]);
    program.arena.scope(() => {
      const downsampled = program.arena.tensor(this.dtype, [speech.rows, width]);
      this.#downsample(program, hidden, input, speech, downsampled);
      tap?.('down_sample_2', downsampled, program);
      const x = layerNorm(program, program.linear(downsampled, this.#input), this.#inputNorm);
      program.inplaceMuls(x, Math.sqrt(width));
      speech.lengths.forEach((length, i) => {
        program.inplaceAdd(x.rows(speech.starts[i]!, speech.ends[i]!), this.#positions.rows(0, length));
      });
      tap?.('speech_transformer.embed', x, program);
      this.#blocks.forEach((block, n) => {
        wenetBlock(program, block, x, speech, heads, 'relu');
        tap?.(`speech_transformer.encoders.${n}`, x, program);
      });
      const normalized = layerNorm(program, x, this.#afterNorm);
      tap?.('speech_transformer.after_norm', normalized, program);
      const projected = program.linear(normalized, this.#projection); // [sum of S, llmWidth]
      tap?.('speech_llama_proj', projected, program);
      this.#frame(program, projected, speech, output, embeddings);
    });
    return { embeddings, rows: output.lengths };
  }

  /** Three causal convolutions with GELU, utterance by utterance, so that each starts from zeros. */
  #downsample(program: Program, hidden: Tensor, input: Ragged, speech: Ragged, out: Tensor): void {
    const { strides, width } = this.dims;
    input.lengths.forEach((frames, i) => {
      program.arena.scope(() => {
        let length = frames;
        let bordered = withCausalRows(program, length, hidden.size(1), this.dtype); // [2 + E, encoder width]
        program.copy(bordered.rows(CAUSAL_ROWS), hidden.rows(input.starts[i]!, input.ends[i]!));
        strides.forEach((stride, layer) => {
          length = Math.ceil(length / stride);
          const convolved = convolveRows(program, bordered, this.#convolutions[layer]!, stride, length);
          if (layer === strides.length - 1) {
            program.gelu(convolved, 'none', out.rows(speech.starts[i]!, speech.ends[i]!));
          } else {
            bordered = withCausalRows(program, length, width, this.dtype);
            program.gelu(convolved, 'none', bordered.rows(CAUSAL_ROWS));
          }
        });
      });
    });
  }

  /** Sets each utterance's rows between the speech bos and eos. */
  #frame(program: Program, projected: Tensor, speech: Ragged, output: Ragged, embeddings: Tensor): void {
    speech.lengths.forEach((_, i) => {
      const own = embeddings.rows(output.starts[i]!, output.ends[i]!);
      program.copy(own.rows(0, 1), this.#speechTokens.rows(0, 1));
      program.copy(own.rows(1, -1), projected.rows(speech.starts[i]!, speech.ends[i]!));
      program.copy(own.rows(-1), this.#speechTokens.rows(1));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#weights[Symbol.asyncDispose]();
  }
}

/** Speech rows of the longest utterance that a package takes. */
export function adapterMaxRows(manifest: Pick<Manifest, 'encoder' | 'audio' | 'adapter'>): number {
  return adapterRowsFromEncoder(encoderMaxFrames(manifest), manifest.adapter.strides);
}

function withCausalRows(program: Program, rows: number, width: number, dtype: 'f32' | 'bf16'): Tensor {
  const bordered = program.arena.tensor(dtype, [CAUSAL_ROWS + rows, width]);
  program.zero(bordered.rows(0, CAUSAL_ROWS));
  return bordered;
}
