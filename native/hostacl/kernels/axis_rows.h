// Splits tensors into the rows that run along one axis.
#pragma once

#include "view.h"

namespace hostacl::kernels {
namespace {

/** Index space of the rows along an axis: all other axes in row-major order. */
struct AxisRows {
    int64_t rows = 1;
    int rank = 0;
    int64_t dims[kMaxRank] = {};
    int axes[kMaxRank] = {};

    AxisRows(const View& view, int dim) {
        for (int d = 0; d < view.rank; ++d) {
            if (d == dim) continue;
            axes[rank] = d;
            dims[rank++] = view.dims[d];
            rows *= view.dims[d];
        }
    }

    /** Offset in `view` (same axes) of the first element of row `row`. */
    int64_t offset(const View& view, int64_t row) const {
        int64_t at = 0;
        for (int i = rank - 1; i >= 0; --i) {
            at += row % dims[i] * view.strides[axes[i]];
            row /= dims[i];
        }
        return at;
    }
};

}  // namespace
}  // namespace hostacl::kernels
