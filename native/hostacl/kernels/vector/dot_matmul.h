// Matrix products as dot products over k, for every dtype: fp32 accumulation in lanes (see dot_tile.h).
#pragma once

#include "dot_tile.h"
#include "group_scales.h"
#include "matmul_operands.h"

namespace hostacl::kernels::vector {
namespace {

/** One batch of a product: A's rows in fp32, B's rows in their own dtype. */
struct DotProblem {
    const MatmulArgs& args;
    int64_t batch;
    RowMajor a;
    RowMajor b;  // unused for kInt4
    ColumnScales scales;
};

constexpr int64_t kDotColumns = 64;
constexpr int64_t kDotRows = 252;  // a multiple of every kRowsOfDot

/** Sums and epilogue for rows [m0, m1) and columns [n0, n0 + count); b0 is row n0 of the weight. */
template <class Simd, class T>
inline void dotBlock(const DotProblem& p, int64_t m0, int64_t m1, int64_t n0, int64_t count, const T* b0,
                     int64_t bStride) {
    alignas(64) float sums[Simd::kRowsOfDot * kDotColumns];
    for (int64_t m = m0; m < m1; m += Simd::kRowsOfDot) {
        const int64_t rows = m1 - m < Simd::kRowsOfDot ? m1 - m : Simd::kRowsOfDot;
        for (int64_t c = 0; c < count; c += 4) {
            const T* columns[4];
            for (int64_t i = 0; i < 4; ++i) columns[i] = b0 + (c + i < count ? c + i : count - 1) * bStride;
            dotRows<Simd, T>(rows, p.a.template row<float>(m), p.a.stride, columns, p.args.k, sums + c,
                             kDotColumns);
        }
        finishBlock<Simd>(p.args, p.scales, p.batch, m, rows, n0, count, sums, kDotColumns);
    }
}

/** The weight's rows [n0, n0 + count) as fp32 [count, k] in scratch. */
template <class Simd>
inline const float* widenedWeight(const DotProblem& p, int64_t n0, int64_t count) {
    const MatmulArgs& args = p.args;
    float* out = static_cast<float*>(scratch(ScratchSlot::Value, count * args.k * sizeof(float)));
    const int8_t* quantised = nullptr;
    int64_t stride = args.k;
    if (args.bDtype == kInt4) {
        int8_t* unpacked = static_cast<int8_t*>(scratch(ScratchSlot::Score, count * args.k));
        unpackInt4<Simd>(args, p.batch, n0, count, unpacked);
        quantised = unpacked;
    } else if (args.bDtype == kInt8) {
        quantised = p.b.row<int8_t>(n0);
        stride = p.b.stride;
    }
    const bool grouped = args.quantisation != nullptr && !scalesColumns(args);
    const GroupScales scales =
        grouped ? groupScales<Simd>(*args.quantisation, args.k, n0, count) : GroupScales{};
    for (int64_t c = 0; c < count; ++c) {
        float* row = out + c * args.k;
        if (quantised == nullptr)
            load<Simd>(p.b.data, args.bDtype, (n0 + c) * p.b.stride, 1, args.k, row);
        else if (grouped)
            dequantise<Simd>(scales, args.quantisation->groupSize, c, quantised + c * stride, args.k, row);
        else
            widenRow<Simd>(quantised + c * stride, args.k, row);
    }
    return out;
}

template <class Simd>
inline void dotItem(const DotProblem& p, int64_t m0, int64_t m1, int64_t n0, int64_t count) {
    const int dtype = p.args.bDtype;
    const bool plain = p.args.quantisation == nullptr || scalesColumns(p.args);
    const bool few = m1 - m0 <= 2 * Simd::kRowsOfDot;  // widening while loading costs less than a panel
    if (dtype == kFloat32)
        dotBlock<Simd>(p, m0, m1, n0, count, p.b.row<float>(n0), p.b.stride);
    else if (few && dtype == kBFloat16)
        dotBlock<Simd>(p, m0, m1, n0, count, p.b.row<BFloat16>(n0), p.b.stride);
    else if (few && dtype == kFloat16)
        dotBlock<Simd>(p, m0, m1, n0, count, p.b.row<Float16>(n0), p.b.stride);
    else if (few && plain && dtype == kInt8)
        dotBlock<Simd>(p, m0, m1, n0, count, p.b.row<int8_t>(n0), p.b.stride);
    else
        dotBlock<Simd>(p, m0, m1, n0, count, widenedWeight<Simd>(p, n0, count), p.args.k);
}

template <class Simd>
inline void matmul(const MatmulArgs& args) {
    if (args.m == 0 || args.n == 0) return;
    const int64_t columnBlocks = (args.n + kDotColumns - 1) / kDotColumns;
    const int64_t rowBlocks = (args.m + kDotRows - 1) / kDotRows;
    for (int64_t batch = 0; batch < args.batch; ++batch) {
        const RowMajor a = widenedRows<Simd>(args.a, args.aDtype, batch * args.aBatchStride, args.m, args.k,
                                             args.aRowStride, args.aColStride, ScratchSlot::Operand);
        const RowMajor b = args.bDtype == kInt4 ? RowMajor{} : weightRows(args, batch, ScratchSlot::Weight);
        const DotProblem problem{args, batch, a, b, columnScales<Simd>(args, a, ScratchSlot::Row)};
        parallelRanges(columnBlocks * rowBlocks, 1, [&](int64_t begin, int64_t end) {
            for (int64_t item = begin; item < end; ++item) {
                const int64_t n0 = item / rowBlocks * kDotColumns, m0 = item % rowBlocks * kDotRows;
                const int64_t count = args.n - n0 < kDotColumns ? args.n - n0 : kDotColumns;
                dotItem<Simd>(problem, m0, args.m - m0 < kDotRows ? args.m : m0 + kDotRows, n0, count);
            }
        });
    }
}

}  // namespace
}  // namespace hostacl::kernels::vector
