// Shape and type rules that operators share: broadcasting, promotion, reshaping of views.
#pragma once

#include "aclnn/plan.h"

namespace hostacl {

/** Dimensions of up to 8 axes. */
struct Dims {
    int rank = 0;
    int64_t sizes[kernels::kMaxRank] = {};
};

/** NumPy-like broadcast of two shapes; refused when they do not fit. */
Dims broadcast(const Plan& plan, const kernels::View& a, const kernels::View& b);
/** Refuses unless `out` has exactly these dims. */
void requireDims(const Plan& plan, const Argument& out, const Dims& dims, const char* what);
/** Refuses unless `view` broadcasts to the dims of `to`. */
void requireBroadcastable(const Plan& plan, const kernels::View& view, const kernels::View& to,
                          const char* what);
inline kernels::View broadcastLike(const kernels::View& view, const kernels::View& like) {
    return kernels::broadcastTo(view, like.rank, like.dims);
}

/** The type in which two operands meet, PyTorch's rules: fp16 with bf16 gives fp32, integer with float the
 * float. */
int promote(int a, int b);
/** Refuses a float result for an integer output. */
void requireCastable(const Plan& plan, int from, int to, const char* what);

/**
 * The view as [rows, width], the last `axes` axes being the width, or false when the strides do not allow it
 * or the innermost is not 1.
 */
bool asRows(const kernels::View& view, int axes, kernels::View& rows);
/** Same elements, row-major and contiguous, at `address`. */
kernels::View contiguousAt(const kernels::View& view, void* address);
/** A window: `size` elements of `axis` from `start`, every `step`-th. */
kernels::View window(const kernels::View& view, int axis, int64_t start, int64_t size, int64_t step = 1);

}  // namespace hostacl
