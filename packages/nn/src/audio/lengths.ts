/** Audio constants of the front end (reference: osum-pangu-model.md, section 1). */
export const SAMPLE_RATE = 16_000;
/** Samples per analysis window, also the DFT size: 25 ms. */
export const WINDOW_SAMPLES = 400;
/** Samples between frames: 10 ms, hence 100 frames a second. */
export const HOP_SAMPLES = 160;
/** Reflected samples on both sides of the signal. */
export const PAD_SAMPLES = WINDOW_SAMPLES / 2; // 200
/** The shortest signal that can be reflected: one sample more than the padding. */
export const MIN_SAMPLES = PAD_SAMPLES + 1; // 201
/** One-sided DFT bins. */
export const DFT_BINS = WINDOW_SAMPLES / 2 + 1; // 201

/** Log-mel frames T of `samples` samples at 16 kHz: floor(L / 160). */
export function melFramesFromSamples(samples: number): number {
  return Math.floor(samples / HOP_SAMPLES);
}

/** Encoder frames E of T mel frames, after the convolution of stride 2: ceil(T / 2). */
export function encoderFramesFromMel(melFrames: number): number {
  return Math.ceil(melFrames / 2);
}

/** Rows S after the adapter's causal convolutions: one ceil(n / stride) for each; for strides 1, 2, 2 ceil(ceil(E / 2) / 2). */
export function adapterRowsFromEncoder(
  encoderFrames: number,
  strides: readonly number[] = [1, 2, 2],
): number {
  return strides.reduce((length, stride) => Math.ceil(length / stride), encoderFrames);
}

/** Positions that an utterance takes in the language model: S + 2, with the speech bos and eos rows. */
export function speechPositionsFromEncoder(encoderFrames: number, strides?: readonly number[]): number {
  return adapterRowsFromEncoder(encoderFrames, strides) + 2;
}

/** Positions in the language model of `samples` samples at 16 kHz. */
export function speechPositionsFromSamples(samples: number, strides?: readonly number[]): number {
  return speechPositionsFromEncoder(encoderFramesFromMel(melFramesFromSamples(samples)), strides);
}
