// Brings the operands of a matrix product into the layouts that the inner kernels read.
#pragma once

#include "../parallel.h"
#include "../row_io.h"
#include "../scratch.h"
#include "matmul_epilogue.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

constexpr int64_t roundUp(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/** Row-major [rows, k] elements, contiguous in k. */
struct RowMajor {
    const void* data;
    int dtype;
    int64_t stride;

    template <class T>
    const T* row(int64_t r) const {
        return static_cast<const T*>(data) + r * stride;
    }
};

/** Rows r < rows of [rows, k] elements with any strides, as fp32 and contiguous in k: in place or in `slot`.
 */
template <class Simd>
inline RowMajor widenedRows(const void* data, int dtype, int64_t offset, int64_t rows, int64_t k,
                            int64_t rowStride, int64_t colStride, ScratchSlot slot) {
    if (dtype == kFloat32 && (colStride == 1 || k == 1))
        return {static_cast<const float*>(data) + offset, kFloat32, rowStride};
    float* out = static_cast<float*>(scratch(slot, rows * k * sizeof(float)));
    parallelRanges(rows, 1 + 16384 / (k + 1), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
            load<Simd>(data, dtype, offset + r * rowStride, colStride, k, out + r * k);
    });
    return {out, kFloat32, k};
}

/**
 * B of one batch as row-major [n, k] in its own dtype: in place when it is contiguous in k, else gathered
 * into `slot`. Not for kInt4.
 */
inline RowMajor weightRows(const MatmulArgs& args, int64_t batch, ScratchSlot slot) {
    const char* base =
        static_cast<const char*>(args.b) + batch * args.bBatchStride * elementSize(args.bDtype);
    if (args.bRowStride == 1 || args.k == 1) return {base, args.bDtype, args.bColStride};
    const int64_t size = elementSize(args.bDtype);
    char* out = static_cast<char*>(scratch(slot, args.n * args.k * size));
    // Columns in groups of a cache line: B is usually contiguous in n here.
    constexpr int64_t kGroup = 32;
    parallelRanges((args.n + kGroup - 1) / kGroup, 1 + 512 / (args.k + 1), [&](int64_t begin, int64_t end) {
        const auto gatherAs = [&]<class T>(T) {
            const T* from = reinterpret_cast<const T*>(base);
            T* to = reinterpret_cast<T*>(out);
            for (int64_t group = begin; group < end; ++group) {
                const int64_t last = (group + 1) * kGroup < args.n ? (group + 1) * kGroup : args.n;
                for (int64_t k = 0; k < args.k; ++k)
                    for (int64_t n = group * kGroup; n < last; ++n)
                        to[n * args.k + k] = from[k * args.bRowStride + n * args.bColStride];
            }
        };
        if (size == 1)
            gatherAs(uint8_t{});
        else if (size == 2)
            gatherAs(uint16_t{});
        else
            gatherAs(uint32_t{});
    });
    return {out, args.bDtype, args.k};
}

/** The int4 weight as row-major int8 [n, k] for columns [n0, n0 + count), written to `out`. */
template <class Simd>
inline void unpackInt4(const MatmulArgs& args, int64_t batch, int64_t n0, int64_t count, int8_t* out) {
    const uint8_t* bytes = static_cast<const uint8_t*>(args.b);
    const auto signedNibble = [](int nibble) { return static_cast<int8_t>((nibble ^ 8) - 8); };
    for (int64_t c = 0; c < count; ++c) {
        int64_t at = batch * args.bBatchStride + (n0 + c) * args.bColStride, k = 0;
        int8_t* row = out + c * args.k;
        if (args.bRowStride == 1 && at % 2 == 0) {
            const uint8_t* packed = bytes + at / 2;
            for (; k + 32 <= args.k; k += 32) Simd::unpackNibbles(packed + k / 2, row + k);
            for (; k + 2 <= args.k; k += 2) {
                row[k] = signedNibble(packed[k / 2] & 15);
                row[k + 1] = signedNibble(packed[k / 2] >> 4);
            }
            at += k;
        }
        for (; k < args.k; ++k, at += args.bRowStride)
            row[k] = signedNibble((at & 1) != 0 ? bytes[at >> 1] >> 4 : bytes[at >> 1] & 15);
    }
}

/** True when every column has a single scale, which then is applied to the sums (ColumnScales). */
inline bool scalesColumns(const MatmulArgs& args) {
    return args.quantisation != nullptr && args.quantisation->groupSize <= 0;
}

/** Column scales of `args`, in scratch `slot`; `rows` are A's rows in fp32, needed with an offset. */
template <class Simd>
inline ColumnScales columnScales(const MatmulArgs& args, const RowMajor& rows, ScratchSlot slot) {
    if (!scalesColumns(args)) return {};
    const WeightQuantisation& quant = *args.quantisation;
    const int64_t padded = roundUp(args.n, 64);
    float* memory = static_cast<float*>(scratch(slot, (2 * padded + args.m) * sizeof(float)));
    load<Simd>(quant.scale, quant.dtype, 0, quant.columnStride, args.n, memory);
    if (quant.offset == nullptr) return {memory, nullptr, nullptr};
    load<Simd>(quant.offset, quant.dtype, 0, quant.columnStride, args.n, memory + padded);
    float* sums = memory + 2 * padded;
    for (int64_t m = 0; m < args.m; ++m) {
        typename Simd::F sum = Simd::zero();
        const float* row = rows.row<float>(m);
        int64_t k = 0;
        for (; k + Simd::kLanes <= args.k; k += Simd::kLanes) sum = Simd::add(sum, Simd::load(row + k));
        if (k < args.k) sum = Simd::add(sum, Simd::loadPart(row + k, args.k - k));
        sums[m] = Simd::sum(sum);
    }
    return {memory, memory + padded, sums};
}

}  // namespace
}  // namespace hostacl::kernels::vector
