// Arguments of element-wise operators, casts, copies and fills.
#pragma once

#include "view.h"

namespace hostacl::kernels {

enum class UnaryOp {
    Neg,
    Abs,
    Sqrt,
    Exp,
    Log,
    Log10,
    Sin,
    Cos,
    Erf,
    Relu,
    Sigmoid,
    Tanh,
    Silu,
    GeluErf,   // x / 2 * (1 + erf(x / sqrt 2))
    GeluTanh,  // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
    FastGelu,  // x / (1 + exp(-1.702 x))
};

/**
 * out = op(self); equal dims, any strides and dtypes. Computed in fp32 (fp64 when either side is fp64; Neg,
 * Abs and Relu of integers in int64) and rounded once. `out` may be `self`.
 */
struct UnaryArgs {
    UnaryOp op = UnaryOp::Neg;
    View self, out;
};

enum class BinaryOp { Add, Sub, Mul, Div, Maximum, Minimum, Less, Greater };

/**
 * out = self op (alpha * other); inputs already broadcast to out's dims (`broadcastTo`). alpha is used by Add
 * and Sub only. Computed in int64 when both inputs and out are integers or bool (never for Div), in fp64 when
 * one of the three is fp64, else in fp32; rounded once. Less and Greater write kBool. `out` may be `self` or
 * `other`.
 */
struct BinaryArgs {
    BinaryOp op = BinaryOp::Add;
    View self, other, out;
    Scalar alpha = Scalar::ofInteger(1);
};

/** out = self op (alpha * other) with a host scalar; the rules of BinaryArgs, the scalar lifting only the
 * category. */
struct ScalarBinaryArgs {
    BinaryOp op = BinaryOp::Add;
    View self, out;
    Scalar other;
    Scalar alpha = Scalar::ofInteger(1);
};

/**
 * dst = src converted; equal dims after `broadcastTo`, any strides: cast, contiguous copy, permute, slice,
 * the parts of cat and split, constant padding (a fill, then a copy). Floats to integers truncate toward zero
 * and saturate, NaN gives 0; floats to narrower floats round to nearest even; anything non-zero to bool
 * gives 1. The ranges must not overlap unless they are the same view.
 */
struct CopyArgs {
    View src, dst;
};

/** Every element of dst = value converted to dst's dtype by the rules of CopyArgs. */
struct FillArgs {
    View dst;
    Scalar value;
};

/** self = value where mask (kBool, kInt8 or kUInt8, broadcast to self's dims) is not 0. */
struct MaskedFillArgs {
    View self, mask;
    Scalar value;
};

/** out = condition != 0 ? self : other; all broadcast to out's dims; self and other converted to out's dtype.
 */
struct WhereArgs {
    View condition, self, other, out;
};

/** out[i] = start + i * step for a rank-1 out; integers exact, floats computed in fp64. */
struct ArangeArgs {
    Scalar start, step;
    View out;
};

/** out = silu(first half of x on dim) * second half; x.dims[dim] = 2 * out.dims[dim]; float dtypes. */
struct SwiGluArgs {
    View x, out;
    int dim = -1;  // already non-negative when called
};

/** int32 elements in [-8, 7] of a contiguous `weight` -> packed kInt4 `out`, the lower index in the low
 * nibble. */
struct Int4PackArgs {
    View weight;  // kInt32
    void* out = nullptr;
};

}  // namespace hostacl::kernels
