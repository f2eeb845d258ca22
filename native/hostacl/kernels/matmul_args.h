// Arguments of matrix products and of the 1-D convolution.
#pragma once

#include "view.h"

namespace hostacl::kernels {

/**
 * Weight-only quantisation of B (aclnnWeightQuantBatchMatmulV2): b[k, n] = (q[k, n] + offset) * scale.
 * Scale and offset have one dtype and one shape. Element (group, n) lies at group * groupStride + n *
 * columnStride: per tensor both strides are 0, per channel groupStride is 0, per group group = k / groupSize.
 */
struct WeightQuantisation {
    const void* scale = nullptr;
    const void* offset = nullptr;  // null: no offset
    int dtype = kBFloat16;
    int64_t groupSize = 0;  // 0: one group of all k
    int64_t groupStride = 0;
    int64_t columnStride = 0;
};

/**
 * c[m, n] = alpha * sum_k a[m, k] * b[k, n] + beta * bias[m, n], for each batch.
 *
 * Strides count elements. A is fp32, fp16 or bf16; B has A's dtype, or int8 / int4 with `quantisation` (A
 * then fp16 or bf16); C and bias are any of the three float types. Sums are fp32, rounded once (nearest even)
 * to C's dtype. Rows of A may overlap (aRowStride < k: a convolution read through a strided view) and batch
 * strides may be 0. The fast layouts are aColStride = 1 and bRowStride = 1 (a row-major [n, k] weight seen as
 * [k, n]); any other layout is gathered into scratch first. `bias` may be `c` itself (in-place addmm) with
 * equal strides. k = 0 gives beta * bias, or zeros.
 *
 * Invariant, tested: within one kernel set the bits of row m of C depend on row m of A, on B, on bias and on
 * k alone, never on m, n, batch, the thread count or the layout that was chosen. Batched decoding relies on
 * it.
 */
struct MatmulArgs {
    int64_t batch = 1, m = 0, n = 0, k = 0;

    const void* a = nullptr;
    int aDtype = kFloat32;
    int64_t aBatchStride = 0, aRowStride = 0, aColStride = 1;  // [m, k]

    const void* b = nullptr;
    int bDtype = kFloat32;
    int64_t bBatchStride = 0, bRowStride = 1, bColStride = 0;  // [k, n]

    void* c = nullptr;
    int cDtype = kFloat32;
    int64_t cBatchStride = 0, cRowStride = 0, cColStride = 1;  // [m, n]

    const void* bias = nullptr;  // null: none. Strides of 0 broadcast
    int biasDtype = kFloat32;
    int64_t biasBatchStride = 0, biasRowStride = 0, biasColStride = 1;

    float alpha = 1, beta = 1;
    const WeightQuantisation* quantisation = nullptr;
};

/**
 * 1-D convolution (cross-correlation), aclnnConvolution with transposed = false:
 * out[b, o, t] = bias[o] + sum over c, j of in[b, g * cin + c, t * stride - padLeft + j * dilation] *
 * weight[o, c, j], zeros outside the input, cin = weight.dims[1], g = o / (out channels / groups). input [B,
 * Cin, L], weight [Cout, Cin / groups, K], out [B, Cout, Lout]: one float dtype, any strides; bias [Cout] or
 * data = null, any float dtype. Sums fp32.
 */
struct ConvolutionArgs {
    View input, weight, bias, out;
    int64_t stride = 1, padLeft = 0, dilation = 1, groups = 1;
};

}  // namespace hostacl::kernels
