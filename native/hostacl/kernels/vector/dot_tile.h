// Register tiles of dot products: rows of A against rows of B, both contiguous in k.
//
// Every product (m, n) is summed the same way whatever the tile: lane l of one accumulator takes the elements
// k = l modulo the lane count in order, and the lanes are added by Simd::sum4. So results do not depend on
// tiling.
#pragma once

#include <cstdint>

namespace hostacl::kernels::vector {
namespace {

/** out[r * outStride + c] = dot(a + r * aStride, b[c]) for Rows rows and 4 columns; B is widened while
 * loading. */
template <class Simd, int Rows, class T>
inline void dotTile(const float* a, int64_t aStride, const T* const (&b)[4], int64_t k, float* out,
                    int64_t outStride) {
    using F = typename Simd::F;
    F sums[Rows][4];
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < 4; ++c) sums[r][c] = Simd::zero();
    int64_t i = 0;
    for (; i + Simd::kLanes <= k; i += Simd::kLanes) {
        const F columns[4] = {Simd::load(b[0] + i), Simd::load(b[1] + i), Simd::load(b[2] + i),
                              Simd::load(b[3] + i)};
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const F row = Simd::load(a + r * aStride + i);
#pragma GCC unroll 4
            for (int c = 0; c < 4; ++c) sums[r][c] = Simd::fma(row, columns[c], sums[r][c]);
        }
    }
    if (i < k) {
        const F columns[4] = {Simd::loadPart(b[0] + i, k - i), Simd::loadPart(b[1] + i, k - i),
                              Simd::loadPart(b[2] + i, k - i), Simd::loadPart(b[3] + i, k - i)};
        for (int r = 0; r < Rows; ++r) {
            const F row = Simd::loadPart(a + r * aStride + i, k - i);
            for (int c = 0; c < 4; ++c) sums[r][c] = Simd::fma(row, columns[c], sums[r][c]);
        }
    }
    for (int r = 0; r < Rows; ++r)
        Simd::sum4(sums[r][0], sums[r][1], sums[r][2], sums[r][3], out + r * outStride);
}

/** dotTile for 1 <= rows <= Simd::kRowsOfDot rows. */
template <class Simd, class T, int Rows = Simd::kRowsOfDot>
inline void dotRows(int64_t rows, const float* a, int64_t aStride, const T* const (&b)[4], int64_t k,
                    float* out, int64_t outStride) {
    if constexpr (Rows > 1) {
        if (rows < Rows) return dotRows<Simd, T, Rows - 1>(rows, a, aStride, b, k, out, outStride);
    }
    dotTile<Simd, Rows>(a, aStride, b, k, out, outStride);
}

}  // namespace
}  // namespace hostacl::kernels::vector
