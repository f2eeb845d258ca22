import type { Program, Tensor } from '@osum/device';
import { KERNEL_TAPS } from '../package/tensor-specs.js';
import type { Convolution } from '../weights/stage-weights.js';

/**
 * A convolution along rows as one matrix product: `bordered` [rows, inputs] is the input with its zero rows, contiguous;
 * output row r reads the rows r * stride .. r * stride + 2, which lie one behind the other in memory. The windows are an
 * overlapping strided view; nothing is copied. Returns [outputRows, outputs].
 */
export function convolveRows(
  program: Program,
  bordered: Tensor,
  convolution: Convolution,
  stride: number,
  outputRows: number,
): Tensor {
  const inputs = bordered.size(1);
  const windows = bordered.asStrided([outputRows, KERNEL_TAPS * inputs], [stride * inputs, 1]);
  return program.addmm(convolution.bias, windows, convolution.weight.transpose());
}
