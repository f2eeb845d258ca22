import { Arena, type Device, type Program, type Tensor } from '@osum/device';
import { encoderFramesFromMel } from './audio/lengths.js';
import { convolveRows } from './layers/convolution.js';
import { stepwiseGelu } from './layers/stepwise-gelu.js';
import type { Tap } from './layers/tap.js';
import { layerNorm, loadWenetBlock, wenetBlock } from './layers/wenet-block.js';
import type { EncoderDims, Manifest } from './package/manifest.js';
import type { ModelPackage } from './package/model-package.js';
import { whisperPositions } from './position/sinusoids.js';
import { type Ragged, ragged } from './ragged.js';
import { computeDType, type LoadOptions, loadStage, StageWeights } from './weights/stage-weights.js';

/** What the encoder makes of a batch. */
export interface EncoderOutput {
  /** [sum of frames, width], utterances one behind the other. */
  readonly hidden: Tensor;
  /** Frames of each utterance: ceil(T / 2), 50 a second. */
  readonly frames: readonly number[];
}

/**
 * The Whisper encoder as WeNet runs it (reference: osum-pangu-model.md, section 2): two convolutions, sinusoids,
 * pre-norm blocks with full attention inside an utterance, a final LayerNorm. Utterances are concatenated, never padded,
 * and do not see each other.
 */
export class WhisperEncoder implements AsyncDisposable {
  readonly #weights: StageWeights;
  readonly #stem;
  readonly #blocks;
  readonly #afterNorm;
  /** [maxFrames, width] */
  readonly #positions: Tensor;

  private constructor(
    weights: StageWeights,
    readonly dims: EncoderDims,
    readonly melBins: number,
    /** The longest utterance, in encoder frames. */
    readonly maxFrames: number,
  ) {
    this.#weights = weights;
    this.#stem = [
      weights.convolution('encoder.embed.conv.0'),
      weights.convolution('encoder.embed.conv.2'),
    ] as const;
    this.#blocks = Array.from({ length: dims.layers }, (_, n) =>
      loadWenetBlock(weights, `encoder.encoders.${n}`),
    );
    this.#afterNorm = weights.layerNorm('encoder.after_norm');
    this.#positions = weights.constant(whisperPositions(maxFrames, dims.width), [maxFrames, dims.width]);
  }

  /** Loads `encoder.safetensors` onto a device. Throws a `PackageError` when the file is not what model.json says. */
  static async load(device: Device, opened: ModelPackage, options?: LoadOptions): Promise<WhisperEncoder> {
    const { encoder: dims, audio } = opened.manifest;
    const maxFrames = encoderMaxFrames(opened.manifest);
    const compute = computeDType(opened.manifest.weights);
    const tableBytes = Arena.bytesFor(compute, [maxFrames, dims.width]);
    return loadStage(
      StageWeights.open(device, opened, 'encoder', tableBytes, options),
      (weights) => new WhisperEncoder(weights, dims, audio.melBins, maxFrames),
    );
  }

  /** What features must be in and hidden states come out in. */
  get dtype(): 'f32' | 'bf16' {
    return this.#weights.compute;
  }

  /**
   * Appends the encoder to a program. `features` is [sum of T, melBins], `melFrames` holds the T of each utterance.
   * Throws a `RangeError` for an utterance without frames or beyond `maxFrames`.
   */
  forward(program: Program, features: Tensor, melFrames: readonly number[], tap?: Tap): EncoderOutput {
    const input = ragged(melFrames);
    const frames = melFrames.map(encoderFramesFromMel);
    const longest = Math.max(...frames);
    if (longest > this.maxFrames) {
      throw new RangeError(
        `an utterance of ${longest} encoder frames exceeds the package's ${this.maxFrames}; split the audio at pauses`,
      );
    }
    const utterances = ragged(frames);
    const { width, heads } = this.dims;
    const out = program.arena.tensor(this.dtype, [utterances.rows, width]);
    program.arena.scope(() => {
      const x = program.arena.tensor(this.dtype, [utterances.rows, width]);
      this.#embed(program, features, input, utterances, x);
      tap?.('encoder.embed', x, program);
      this.#blocks.forEach((block, n) => {
        wenetBlock(program, block, x, utterances, heads, this.#roundsStepwise ? 'stepwise-gelu' : 'gelu');
        tap?.(`encoder.encoders.${n}`, x, program);
      });
      layerNorm(program, x, this.#afterNorm, out);
    });
    tap?.('encoder.after_norm', out, program);
    return { hidden: out, frames };
  }

  /** Both convolutions with GELU, and the positions, utterance by utterance, so that borders are zeros. */
  #embed(program: Program, features: Tensor, input: Ragged, utterances: Ragged, x: Tensor): void {
    const { width } = this.dims;
    const { arena } = program;
    input.lengths.forEach((melFrames, i) => {
      const frames = utterances.lengths[i]!;
      arena.scope(() => {
        const mel = withZeroBorders(program, melFrames, this.melBins, this.dtype); // [T + 2, mel]
        program.copy(mel.rows(1, -1), features.rows(input.starts[i]!, input.ends[i]!));
        const first = convolveRows(program, mel, this.#stem[0], 1, melFrames); // [T, width]
        const active = withZeroBorders(program, melFrames, width, this.dtype); // [T + 2, width]
        this.#gelu(program, first, active.rows(1, -1));
        const second = convolveRows(program, active, this.#stem[1], 2, frames); // [E, width]
        program.add(
          this.#gelu(program, second),
          this.#positions.rows(0, frames),
          x.rows(utterances.starts[i]!, utterances.ends[i]!),
        );
      });
    });
  }

  get #roundsStepwise(): boolean {
    return roundsStepwise(this.dims, this.dtype);
  }

  #gelu(program: Program, x: Tensor, out?: Tensor): Tensor {
    return this.#roundsStepwise ? stepwiseGelu(program, x, out) : program.gelu(x, 'none', out);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#weights[Symbol.asyncDispose]();
  }
}

/** Whether the encoder's GELU is rounded after each operation; in f32 it makes no difference worth the time. */
export function roundsStepwise({ gelu }: Pick<EncoderDims, 'gelu'>, compute: 'f32' | 'bf16'): boolean {
  return gelu === 'stepwise' && compute === 'bf16';
}

/** Encoder frames of the longest utterance that a package takes: its table or its audio limit, whichever is longer. */
export function encoderMaxFrames({ encoder, audio }: Pick<Manifest, 'encoder' | 'audio'>): number {
  const framesPerSecond = 50;
  return Math.max(encoder.maxFrames, Math.ceil(audio.maxSeconds * framesPerSecond));
}

function withZeroBorders(program: Program, rows: number, width: number, dtype: 'f32' | 'bf16'): Tensor {
  const bordered = program.arena.tensor(dtype, [rows + 2, width]);
  program.zero(bordered.rows(0, 1));
  program.zero(bordered.rows(rows + 1));
  return bordered;
}
