// Register tiles of outer products: a few rows of A, element by element, against contiguous rows of B.
#pragma once

#include <cstdint>

namespace hostacl::kernels::vector {
namespace {

/** c[r][j] = c[r][j] * factor[r] + sum_k a[r * aStride + k] * b[k * bStride + j], in the order of k. */
template <class Simd, int Rows, int Vectors>
inline void outerTile(const float* a, int64_t aStride, const float* b, int64_t bStride, int64_t k,
                      const float* factor, float* c, int64_t cStride) {
    using F = typename Simd::F;
    F sums[Rows][Vectors];
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            sums[r][v] = Simd::mul(Simd::load(c + r * cStride + v * Simd::kLanes), Simd::set(factor[r]));
    for (int64_t i = 0; i < k; ++i) {
        F row[Vectors];
        for (int v = 0; v < Vectors; ++v) row[v] = Simd::load(b + i * bStride + v * Simd::kLanes);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const F element = Simd::set(a[r * aStride + i]);
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v) sums[r][v] = Simd::fma(element, row[v], sums[r][v]);
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v) Simd::store(c + r * cStride + v * Simd::kLanes, sums[r][v]);
}

/** outerTile for 1 <= rows <= Simd::kRowsOfOuter rows, Simd::kVectorsOfOuter vectors wide. */
template <class Simd, int Rows = Simd::kRowsOfOuter>
inline void outerRows(int64_t rows, const float* a, int64_t aStride, const float* b, int64_t bStride,
                      int64_t k, const float* factor, float* c, int64_t cStride) {
    if constexpr (Rows > 1) {
        if (rows < Rows)
            return outerRows<Simd, Rows - 1>(rows, a, aStride, b, bStride, k, factor, c, cStride);
    }
    outerTile<Simd, Rows, Simd::kVectorsOfOuter>(a, aStride, b, bStride, k, factor, c, cStride);
}

}  // namespace
}  // namespace hostacl::kernels::vector
