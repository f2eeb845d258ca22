import { isFloat, type Linear, type Program, type Tensor } from '@osum/device';

/** Outputs of one weight-quantised product: at most 65535 (ABI reference 4.2), rounded down to whole tiles of 128. */
export const MAX_QUANTISED_OUTPUTS = Math.floor(65_535 / 128) * 128; // 65408

/** The most outputs that a layer computes at once. */
function outputsAtOnce(layer: Linear): number {
  const outputs = layer.weight.size(0);
  return isFloat(layer.weight.dtype) ? outputs : Math.min(outputs, MAX_QUANTISED_OUTPUTS);
}

/**
 * x [rows, inputs] through a layer with very many outputs, a vocabulary, into `logits` f32 [rows, outputs]; at most
 * `limit` outputs at a time.
 */
export function outputHead(
  program: Program,
  x: Tensor,
  layer: Linear,
  logits: Tensor,
  limit: number = outputsAtOnce(layer),
): void {
  const outputs = layer.weight.size(0);
  for (let start = 0; start < outputs; start += limit) {
    const end = Math.min(start + limit, outputs);
    const part: Linear = {
      weight: layer.weight.rows(start, end),
      bias: layer.bias?.rows(start, end) ?? null,
      scale: layer.scale?.rows(start, end) ?? null,
    };
    program.arena.scope(() => program.copy(logits.slice(1, start, end), program.linear(x, part)));
  }
}
