// Arguments of normalisations, softmax, reductions, scans and selections.
#pragma once

#include "view.h"

namespace hostacl::kernels {

/**
 * out = (x - mean) * rstd * weight + bias over the last `width` elements of each row, rstd = 1 / sqrt(var +
 * eps). x and out are [rows, width] views (rank 2, inner stride 1); weight, bias: [width] contiguous or null,
 * one dtype. mean and rstd: null, or [rows] contiguous fp32. Statistics in fp32, two passes (mean, then
 * squared deviations).
 */
struct LayerNormArgs {
    View x, out;
    const void* weight = nullptr;
    const void* bias = nullptr;
    int weightDtype = kFloat32;
    float* mean = nullptr;
    float* rstd = nullptr;
    double epsilon = 1e-5;
};

/**
 * out = x * rstd * gamma, rstd = 1 / sqrt(mean(x^2) + eps) over rows of [rows, width]; gamma [width]
 * contiguous. With `residual` (AddRmsNorm): x + residual is rounded to x's dtype, stored to `sum` when
 * sum.data is not null, and normalised in place of x. rstd: [rows] contiguous fp32 or null. The product is
 * rounded once.
 */
struct RmsNormArgs {
    View x, out;
    View residual;  // data = null: none; x's dtype
    View sum;       // data = null: not stored
    const void* gamma = nullptr;
    int gammaDtype = kFloat32;
    float* rstd = nullptr;
    double epsilon = 1e-6;
};

/** out = softmax or log-softmax of self on `dim`; fp32 inside; any strides. */
struct SoftmaxArgs {
    View self, out;
    int dim = 0;
    bool logarithm = false;
};

enum class ReduceOp { Sum, Max };

/**
 * out = reduction of self over the axes set in `axes` (bit d = axis d). out has self's rank with size 1 on
 * the reduced axes (give a keepDim view). Floats: fp32 pairwise or compensated sums; integers: int64. NaN
 * wins in Max.
 */
struct ReduceArgs {
    ReduceOp op = ReduceOp::Sum;
    View self, out;
    uint32_t axes = 0;
};

/** out[..., i, ...] = sum of self[..., 0..i, ...] on `dim`, converted to out's dtype; fp64 or int64 running
 * sum. */
struct CumsumArgs {
    View self, out;
    int dim = 0;
};

/** out (kInt32 or kInt64, size 1 on `dim`) = index of the largest element; ties: the lowest index. NaN is
 * largest. */
struct ArgMaxArgs {
    View self, out;
    int dim = 0;
};

/** The k largest (or smallest) elements on `dim`, sorted; ties: the lowest index first. indices: kInt64. */
struct TopKArgs {
    View self, values, indices;
    int64_t k = 0;
    int dim = 0;
    bool largest = true;
};

}  // namespace hostacl::kernels
