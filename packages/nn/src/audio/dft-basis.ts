import { DFT_BINS, WINDOW_SAMPLES } from './lengths.js';

/** The periodic Hann window of 400 samples: w[n] = 0.5 - 0.5 cos(2 pi n / 400). */
function hannWindow(): Float64Array {
  return Float64Array.from(
    { length: WINDOW_SAMPLES },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW_SAMPLES),
  );
}

/**
 * The DFT with the window folded in, row-major [402, 400]: rows 0..200 give the real parts, rows 201..401 the
 * imaginary parts (up to their sign, which the power does not see). One matrix product with the frames is then a
 * windowed short-time Fourier transform.
 */
export function windowedDftBasis(): Float32Array {
  const window = hannWindow();
  const basis = new Float32Array(2 * DFT_BINS * WINDOW_SAMPLES);
  for (let k = 0; k < DFT_BINS; k++) {
    for (let n = 0; n < WINDOW_SAMPLES; n++) {
      // k * n modulo the period keeps the angle small, so that cos and sin are exact at the quarter turns.
      const angle = (2 * Math.PI * ((k * n) % WINDOW_SAMPLES)) / WINDOW_SAMPLES;
      basis[k * WINDOW_SAMPLES + n] = window[n]! * Math.cos(angle);
      basis[(DFT_BINS + k) * WINDOW_SAMPLES + n] = window[n]! * Math.sin(angle);
    }
  }
  return basis;
}
