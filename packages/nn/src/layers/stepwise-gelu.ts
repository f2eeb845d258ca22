import type { Program, Tensor } from '@osum/device';

/**
 * (x / 2) * (1 + erf(x / sqrt(2))) operation by operation, each rounded to the type of x: the GELU that the published
 * encoder was trained and served with (reference: osum-pangu-model.md, section 2). In bf16 it differs from the fused one
 * in the last bits, in the tails by more. Overwrites x; takes as much scratch as x is large.
 */
export function stepwiseGelu(program: Program, x: Tensor, out?: Tensor): Tensor {
  const result = out ?? program.arena.tensor(x.dtype, x.shape);
  program.arena.scope(() => program.erf(program.divs(x, Math.SQRT2), result));
  program.inplaceAdds(result, 1);
  return program.inplaceMul(result, program.inplaceMuls(x, 0.5));
}
