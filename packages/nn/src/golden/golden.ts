import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** A tensor of the golden file. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** `test/golden/osum-pangu-golden.json`: fp32 outputs with the synthetic weights of osum-pangu-model.md, Appendix B. */
export interface Golden {
  readonly encoder_adapter: {
    readonly encoder_out: GoldenTensor;
    readonly downsampled: GoldenTensor;
    readonly speech_transformer_out: GoldenTensor;
    readonly projected: GoldenTensor;
    /** Two items, the second of 21 frames: its rows after padding to the first, and alone. */
    readonly batch2: {
      readonly lengths: readonly number[];
      readonly valid: readonly number[];
      readonly projected_item1: GoldenTensor;
      readonly single21_projected: GoldenTensor;
    };
  };
  readonly decoder: {
    readonly ids: readonly number[];
    readonly logits_last_base: readonly number[];
    readonly logits_last_lora_merged: readonly number[];
    readonly logits_last_lora_merged_bf16_inv_freq: readonly number[];
    readonly greedy10_lora_no_penalty: readonly number[];
    readonly 'greedy10_lora_penalty_1.05': readonly number[];
    readonly 'greedy10_lora_penalty_1.5': readonly number[];
  };
}

export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/osum-pangu-golden.json', import.meta.url), 'utf8'),
);

/** Relative tolerance of fp32 against the golden file. */
export const FP32_TOLERANCE = 1e-4;

/** The largest difference, as a share of the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    const own = Math.abs(actual[i]! - expected[i]!);
    if (!(own <= difference)) difference = own; // NaN counts as a difference
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return difference / magnitude;
}

/** Fails when the relative error exceeds `tolerance`; the message names what was compared. */
export function assertClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const error = relativeError(actual, expected);
  assert.ok(error <= tolerance, `${what}: relative error ${error.toExponential(2)} exceeds ${tolerance}`);
}

/** The features of Appendix B: 0.8 sin(0.31 t + 0.17 c) - 0.2, [frames, 80]. */
export function goldenFeatures(frames: number): Float32Array {
  return Float32Array.from(
    { length: frames * 80 },
    (_, i) => 0.8 * Math.sin(0.31 * Math.floor(i / 80) + 0.17 * (i % 80)) - 0.2,
  );
}
