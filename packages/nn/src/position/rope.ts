import { bf16FromNumber, numberFromBf16 } from '@osum/device';

/** How the rotary frequencies are rounded: the published model ran with bf16-rounded ones (osum-pangu-model.md, 4.1). */
export type RopeRounding = 'bf16' | 'fp32';

/**
 * Rotary frequencies 1 / theta^(2i / headDim), i = 0 .. headDim / 2 - 1, computed in float32 and, by default, rounded
 * to bf16.
 */
export function ropeFrequencies(
  headDim: number,
  theta: number,
  rounding: RopeRounding = 'bf16',
): Float32Array {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const exponent = Math.fround((2 * i) / headDim);
    const frequency = Math.fround(1 / Math.fround(theta ** exponent));
    return rounding === 'bf16' ? numberFromBf16(bf16FromNumber(frequency)) : frequency;
  });
}

/**
 * The rotary cache, row-major [positions, headDim], float32: the cosines of a position's angles in the first half of
 * its row, the sines in the second, the layout of `aclnnRopeWithSinCosCache`.
 */
export function ropeCache(positions: number, frequencies: Float32Array): Float32Array {
  const half = frequencies.length;
  const cache = new Float32Array(positions * 2 * half);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(p * frequencies[i]!);
      cache[2 * half * p + i] = Math.cos(angle);
      cache[2 * half * p + half + i] = Math.sin(angle);
    }
  }
  return cache;
}
