import { Arena, type Device, type DeviceBuffer, Program, type Tensor } from '@osum/device';
import { windowedDftBasis } from './audio/dft-basis.js';
import {
  DFT_BINS,
  HOP_SAMPLES,
  MIN_SAMPLES,
  melFramesFromSamples,
  PAD_SAMPLES,
  WINDOW_SAMPLES,
} from './audio/lengths.js';
import { melFilterbank } from './audio/mel-filterbank.js';
import { ragged } from './ragged.js';

/** What the front end makes of a batch. */
export interface LogMelOutput {
  /** [sum of T, melBins], utterances one behind the other, in the asked dtype. */
  readonly features: Tensor;
  /** Frames T of each utterance, 100 a second. */
  readonly frames: readonly number[];
}

/** Values below this power count as silence: log10 gives -10. */
const MIN_POWER = 1e-10;
/** Decades below an utterance's loudest value that are kept. */
const DYNAMIC_DECADES = 8;
/** (x + 4) / 4 */
const [SHIFT, SCALE] = [4, 1 / 4];

/**
 * The log-mel front end (reference: osum-pangu-model.md, section 1), on the device: reflected borders, a windowed DFT as
 * one matrix product over overlapping frames, mel power, log10, the floor of each utterance, scaling.
 */
export class LogMel implements AsyncDisposable {
  /** f32 [402, 400]: real rows, then imaginary rows. */
  readonly #basis: Tensor;
  /** f32 [melBins, 402]: the mel matrix twice, so that it adds the squares of both parts. */
  readonly #mel: Tensor;
  /** i32 [200]: 199, 198, ... 0. */
  readonly #reversed: Tensor;

  private constructor(
    readonly melBins: number,
    private readonly buffer: DeviceBuffer,
    tables: { basis: Tensor; mel: Tensor; reversed: Tensor },
  ) {
    this.#basis = tables.basis;
    this.#mel = tables.mel;
    this.#reversed = tables.reversed;
  }

  /** Computes the tables and puts them on a device. */
  static async create(device: Device, melBins = 80): Promise<LogMel> {
    const buffer = await device.allocate(
      Arena.bytesFor('f32', [2 * DFT_BINS, WINDOW_SAMPLES]) +
        Arena.bytesFor('f32', [melBins, 2 * DFT_BINS]) +
        Arena.bytesFor('i32', [PAD_SAMPLES]),
    );
    const arena = new Arena(buffer);
    const program = new Program(arena);
    const constant = (dtype: 'f32' | 'i32', shape: number[], values: ArrayLike<number>): Tensor =>
      program.upload(arena.tensor(dtype, shape)).setValues(values).target;
    const tables = {
      basis: constant('f32', [2 * DFT_BINS, WINDOW_SAMPLES], windowedDftBasis()),
      mel: constant('f32', [melBins, 2 * DFT_BINS], twice(melFilterbank(melBins), DFT_BINS)),
      reversed: constant(
        'i32',
        [PAD_SAMPLES],
        Array.from({ length: PAD_SAMPLES }, (_, i) => PAD_SAMPLES - 1 - i),
      ),
    };
    const stream = await device.createStream();
    try {
      await stream.run(program);
    } finally {
      await stream.dispose();
    }
    return new LogMel(melBins, buffer, tables);
  }

  /**
   * Appends the front end to a program. Each of `utterances` is f32 [samples] at 16 kHz, at least 201 long; features come
   * out in `dtype`. Throws a `RangeError` for a shorter one.
   */
  forward(program: Program, utterances: readonly Tensor[], dtype: 'f32' | 'bf16' = 'bf16'): LogMelOutput {
    for (const pcm of utterances) requireSamples(pcm);
    const frames = utterances.map((pcm) => melFramesFromSamples(pcm.size(0)));
    const layout = ragged(frames);
    const { arena } = program;
    const features = arena.tensor(dtype, [layout.rows, this.melBins]);
    arena.scope(() => {
      const spectrum = arena.tensor('f32', [layout.rows, 2 * DFT_BINS]);
      utterances.forEach((pcm, i) => {
        arena.scope(() => {
          const windows = this.#reflected(program, pcm).asStrided(
            [frames[i]!, WINDOW_SAMPLES],
            [HOP_SAMPLES, 1],
          );
          program.mm(windows, this.#basis.transpose(), spectrum.rows(layout.starts[i]!, layout.ends[i]!));
        });
      });
      const squares = program.mul(spectrum, spectrum);
      const power = program.mm(squares, this.#mel.transpose()); // [sum of T, melBins]
      const logPower = program.log10(program.clampMin(power, MIN_POWER));
      layout.lengths.forEach((_, i) => {
        const own = logPower.rows(layout.starts[i]!, layout.ends[i]!);
        arena.scope(() => {
          const floor = program.inplaceAdds(program.amax(own, [0, 1], true), -DYNAMIC_DECADES); // [1, 1]
          const floored = program.maximum(own, floor);
          program.inplaceMuls(program.inplaceAdds(floored, SHIFT), SCALE);
          program.copy(features.rows(layout.starts[i]!, layout.ends[i]!), floored);
        });
      });
    });
    return { features, frames };
  }

  /** f32 [200 + samples + 200]: the signal with its borders mirrored, the edge samples not repeated. */
  #reflected(program: Program, pcm: Tensor): Tensor {
    const samples = pcm.size(0);
    const padded = program.arena.tensor('f32', [samples + 2 * PAD_SAMPLES]);
    const mirror = (source: Tensor, target: Tensor): Tensor =>
      program.indexSelect(source, 0, this.#reversed, target);
    mirror(pcm.rows(1, PAD_SAMPLES + 1), padded.rows(0, PAD_SAMPLES));
    program.copy(padded.rows(PAD_SAMPLES, PAD_SAMPLES + samples), pcm);
    mirror(pcm.rows(samples - 1 - PAD_SAMPLES, samples - 1), padded.rows(PAD_SAMPLES + samples));
    return padded;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buffer.dispose();
  }
}

function requireSamples(pcm: Tensor): void {
  if (pcm.dtype !== 'f32' || pcm.rank !== 1) throw new TypeError(`an utterance is f32 [samples], got ${pcm}`);
  if (pcm.size(0) < MIN_SAMPLES) {
    throw new RangeError(
      `an utterance needs at least ${MIN_SAMPLES} samples at 16 kHz for its mirrored borders, got ${pcm.size(0)}`,
    );
  }
}

/** Each row of a matrix [rows, width] twice, side by side. */
function twice(matrix: Float32Array, width: number): Float32Array {
  const doubled = new Float32Array(2 * matrix.length);
  for (let start = 0; start < matrix.length; start += width) {
    const row = matrix.subarray(start, start + width);
    doubled.set(row, 2 * start);
    doubled.set(row, 2 * start + width);
  }
  return doubled;
}
