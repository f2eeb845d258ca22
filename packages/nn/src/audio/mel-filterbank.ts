import { DFT_BINS, SAMPLE_RATE, WINDOW_SAMPLES } from './lengths.js';

/** Hertz of a Slaney mel value: linear below 1000 Hz (200/3 Hz a mel), logarithmic above. */
function hertzFromMel(mel: number): number {
  return mel < LINEAR_MELS ? (mel * 200) / 3 : LINEAR_HERTZ * Math.exp((mel - LINEAR_MELS) * LOG_STEP);
}

/** The Slaney mel value of a frequency in hertz. */
function melFromHertz(hertz: number): number {
  return hertz < LINEAR_HERTZ ? (3 * hertz) / 200 : LINEAR_MELS + Math.log(hertz / LINEAR_HERTZ) / LOG_STEP;
}

const LINEAR_HERTZ = 1000;
const LINEAR_MELS = (3 * LINEAR_HERTZ) / 200; // 15
const LOG_STEP = Math.log(6.4) / 27;

/** The `bins + 2` corner frequencies in hertz, equally spaced in mel from 0 to half the sample rate. */
export function melEdges(bins: number): Float64Array {
  const top = melFromHertz(SAMPLE_RATE / 2);
  return Float64Array.from({ length: bins + 2 }, (_, i) => hertzFromMel((i * top) / (bins + 1)));
}

/**
 * The Slaney mel matrix, row-major [bins, 201]: triangles over the DFT frequencies with Slaney's area norm.
 * Rounded to float32 once as a triangle and once more after the norm, as `librosa.filters.mel` does
 * (reference: osum-pangu-model.md, section 1).
 */
export function melFilterbank(bins: number): Float32Array {
  const edges = melEdges(bins);
  const matrix = new Float32Array(bins * DFT_BINS);
  for (let m = 0; m < bins; m++) {
    const [low, peak, high] = [edges[m]!, edges[m + 1]!, edges[m + 2]!];
    const norm = 2 / (high - low);
    for (let k = 0; k < DFT_BINS; k++) {
      const hertz = (k * SAMPLE_RATE) / WINDOW_SAMPLES; // k * 40
      const rising = (hertz - low) / (peak - low);
      const falling = (high - hertz) / (high - peak);
      const triangle = Math.fround(Math.max(0, Math.min(rising, falling)));
      matrix[m * DFT_BINS + k] = triangle * norm;
    }
  }
  return matrix;
}
