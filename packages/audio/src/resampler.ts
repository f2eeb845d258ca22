import { TARGET_SAMPLE_RATE_HZ } from './sample-rate.js';

/**
 * Zero crossings of the sinc on each side, and the cut-off as a share of the lower Nyquist rate: torchaudio's
 * defaults.
 */
const LOWPASS_FILTER_WIDTH = 6;
const ROLLOFF = 0.99;

/** Changes the sample rate of a stream that comes in chunks of any length. */
export interface Resampler {
  /** The output samples that are now determined. */
  push(samples: Float32Array): Float32Array;
  /**
   * The rest, as if silence followed; after it `ceil(input length * target / source)` samples have come out
   * in all.
   */
  finish(): Float32Array;
}

/**
 * The filter of one output phase: taps for consecutive inputs, from `firstInput` relative to the start of the
 * phase's group.
 */
interface PhaseFilter {
  readonly firstInput: number;
  readonly taps: Float32Array;
}

/**
 * Band-limited resampling by a sinc with a Hann window, the same as torchaudio's `Resample` with default
 * settings. Equal rates pass unchanged. Source: the model reference, section 1.
 * @param sourceRateHz a positive integer.
 */
export function createResampler(
  sourceRateHz: number,
  targetRateHz: number = TARGET_SAMPLE_RATE_HZ,
): Resampler {
  if (sourceRateHz === targetRateHz) return { push: (samples) => samples, finish: () => new Float32Array() };
  const divisor = greatestCommonDivisor(sourceRateHz, targetRateHz);
  return new SincResampler(sourceRateHz / divisor, targetRateHz / divisor);
}

/** Resamples a whole signal. */
export function resample(samples: Float32Array, sourceRateHz: number, targetRateHz?: number): Float32Array {
  const resampler = createResampler(sourceRateHz, targetRateHz);
  const body = resampler.push(samples);
  const tail = resampler.finish();
  const whole = new Float32Array(body.length + tail.length);
  whole.set(body);
  whole.set(tail, body.length);
  return whole;
}

/** Every group of `groupInputs` inputs makes `phases` outputs, each with its own filter. */
class SincResampler implements Resampler {
  readonly #groupInputs: number;
  readonly #phases: number;
  readonly #cutoff: number;
  /** How many inputs beyond its own place a filter sees on each side, at most. */
  readonly #width: number;
  /** By phase, made on first use: odd rates have up to 16,000 phases. */
  readonly #filters: (PhaseFilter | undefined)[] = [];
  /**
   * Inputs that may still be needed, after silence before the first; `#buffer[0]` has the absolute index
   * `#bufferStart`.
   */
  #buffer: Float32Array;
  #bufferStart: number;
  #inputs = 0;
  #outputs = 0;

  constructor(groupInputs: number, phases: number) {
    this.#groupInputs = groupInputs;
    this.#phases = phases;
    this.#cutoff = Math.min(groupInputs, phases) * ROLLOFF;
    this.#width = Math.ceil((LOWPASS_FILTER_WIDTH * groupInputs) / this.#cutoff);
    this.#buffer = new Float32Array(this.#width);
    this.#bufferStart = -this.#width;
  }

  push(samples: Float32Array): Float32Array {
    this.#inputs += samples.length;
    this.#append(samples);
    return this.#filter(Number.POSITIVE_INFINITY);
  }

  finish(): Float32Array {
    this.#append(new Float32Array(this.#width + this.#groupInputs));
    return this.#filter(Math.ceil((this.#inputs * this.#phases) / this.#groupInputs));
  }

  #append(samples: Float32Array): void {
    const buffer = new Float32Array(this.#buffer.length + samples.length);
    buffer.set(this.#buffer);
    buffer.set(samples, this.#buffer.length);
    this.#buffer = buffer;
  }

  /** The outputs whose inputs have all come, up to a total of `mostOutputs`. */
  #filter(mostOutputs: number): Float32Array {
    const buffer = this.#buffer;
    const outputs = new Float32Array(
      Math.ceil((buffer.length * this.#phases) / this.#groupInputs) + this.#phases,
    );
    let count = 0;
    let offset = this.#firstInputOf(this.#outputs) - this.#bufferStart;
    while (this.#outputs < mostOutputs) {
      const { taps } = this.#filterOf(this.#outputs % this.#phases);
      if (offset + taps.length > buffer.length) break;
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) sum += taps[tap]! * buffer[offset + tap]!;
      outputs[count++] = sum;
      this.#outputs++;
      offset = this.#firstInputOf(this.#outputs) - this.#bufferStart;
    }
    const used = Math.min(offset, buffer.length);
    this.#buffer = buffer.slice(used);
    this.#bufferStart += used;
    return outputs.slice(0, count);
  }

  #firstInputOf(output: number): number {
    const group = Math.floor(output / this.#phases);
    return group * this.#groupInputs + this.#filterOf(output % this.#phases).firstInput;
  }

  #filterOf(phase: number): PhaseFilter {
    this.#filters[phase] ??= this.#createFilter(phase);
    return this.#filters[phase];
  }

  /**
   * In float64, rounded to float32. With cut-off f, phase p of n and input j of o the argument is t = (j / o
   * - p / n) * f, and a tap is sinc(pi t) cos^2(pi t / 12) f / o; beyond |t| = 6 the window is zero, so those
   * taps are left out. torchaudio divides p / n in float32, which shows in the seventh digit.
   */
  #createFilter(phase: number): PhaseFilter {
    const phaseShare = Math.fround(phase / this.#phases);
    const center = phaseShare * this.#groupInputs;
    const firstInput = Math.max(Math.ceil(center - this.#width), -this.#width);
    const lastInput = Math.min(Math.floor(center + this.#width), this.#width + this.#groupInputs - 1);
    const taps = Float32Array.from({ length: lastInput - firstInput + 1 }, (_, index) => {
      const t = ((firstInput + index) / this.#groupInputs - phaseShare) * this.#cutoff;
      const angle = Math.PI * Math.max(-LOWPASS_FILTER_WIDTH, Math.min(LOWPASS_FILTER_WIDTH, t));
      const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
      const window = Math.cos(angle / (2 * LOWPASS_FILTER_WIDTH)) ** 2;
      return (sinc * window * this.#cutoff) / this.#groupInputs;
    });
    return { firstInput, taps };
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
