// The last step of every matrix product: scale, bias, rounding, storing.
#pragma once

#include "../kernels.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/** Most columns that one call of `finishBlock` takes. */
constexpr int64_t kEpilogueColumns = 512;

/**
 * Dequantisation that is left for after the sums: b = (q + offset) * scale with one scale a column.
 * The arrays may be read up to the next multiple of the lane count.
 */
struct ColumnScales {
    const float* scale = nullptr;    // [n]; null: none
    const float* offset = nullptr;   // [n]; null: none
    const float* rowSums = nullptr;  // [m], sums of A's rows; needed with offset
};

/**
 * c[m0 + r, n0 + i] = alpha * sums[r * stride + i] (after `scales`) + beta * bias for r < rows and
 * i < count <= kEpilogueColumns. Overwrites `sums`, whose rows extend to a multiple of the lane count.
 */
template <class Simd>
inline void finishBlock(const MatmulArgs& args, const ColumnScales& scales, int64_t batch, int64_t m0,
                        int64_t rows, int64_t n0, int64_t count, float* sums, int64_t stride) {
    using F = typename Simd::F;
    alignas(64) float bias[kEpilogueColumns];
    const F alpha = Simd::set(args.alpha), beta = Simd::set(args.beta);
    for (int64_t r = 0; r < rows; ++r) {
        float* row = sums + r * stride;
        const int64_t m = m0 + r;
        if (args.bias != nullptr && (r == 0 || args.biasRowStride != 0)) {
            const int64_t at =
                batch * args.biasBatchStride + m * args.biasRowStride + n0 * args.biasColStride;
            load<Simd>(args.bias, args.biasDtype, at, args.biasColStride, count, bias);
        }
        for (int64_t i = 0; i < count; i += Simd::kLanes) {
            F value = Simd::load(row + i);
            if (scales.offset != nullptr)
                value = Simd::fma(Simd::set(scales.rowSums[m]), Simd::load(scales.offset + n0 + i), value);
            if (scales.scale != nullptr) value = Simd::mul(value, Simd::load(scales.scale + n0 + i));
            if (args.alpha != 1) value = Simd::mul(value, alpha);
            if (args.bias != nullptr) value = Simd::fma(beta, Simd::load(bias + i), value);
            Simd::store(row + i, value);
        }
        const int64_t at = batch * args.cBatchStride + m * args.cRowStride + n0 * args.cColStride;
        store<Simd>(row, args.c, args.cDtype, at, args.cColStride, count);
    }
}

}  // namespace
}  // namespace hostacl::kernels::vector
