// Scales and offsets of weights that are quantised in groups along k.
#pragma once

#include "../kernels.h"
#include "../scratch.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/** The fp32 scales and offsets of `count` columns: of column c and group g at [g * count + c]. */
struct GroupScales {
    const float* scale = nullptr;
    const float* offset = nullptr;  // null: none
    int64_t count = 0;
};

/** Group scales of the columns [n0, n0 + count), in the thread's scratch. */
template <class Simd>
inline GroupScales groupScales(const WeightQuantisation& quant, int64_t k, int64_t n0, int64_t count) {
    const int64_t groups = (k + quant.groupSize - 1) / quant.groupSize;
    float* memory = static_cast<float*>(scratch(ScratchSlot::Scales, 2 * groups * count * sizeof(float)));
    const auto fill = [&](const void* from, float* to) {
        for (int64_t g = 0; g < groups; ++g) {
            const int64_t at = g * quant.groupStride + n0 * quant.columnStride;
            load<Simd>(from, quant.dtype, at, quant.columnStride, count, to + g * count);
        }
    };
    fill(quant.scale, memory);
    if (quant.offset == nullptr) return {memory, nullptr, count};
    fill(quant.offset, memory + groups * count);
    return {memory, memory + groups * count, count};
}

/** out[i] = (q[i] + offset) * scale of column c of `scales`, for one row of k int8 weights. */
template <class Simd>
inline void dequantise(const GroupScales& scales, int64_t groupSize, int64_t c, const int8_t* q, int64_t k,
                       float* out) {
    for (int64_t start = 0, at = c; start < k; start += groupSize, at += scales.count) {
        const int64_t end = start + groupSize < k ? start + groupSize : k;
        const typename Simd::F scale = Simd::set(scales.scale[at]);
        const typename Simd::F offset = Simd::set(scales.offset != nullptr ? scales.offset[at] : 0);
        int64_t i = start;
        for (; i + Simd::kLanes <= end; i += Simd::kLanes)
            Simd::store(out + i, Simd::mul(Simd::add(Simd::load(q + i), offset), scale));
        if (i < end)
            Simd::storePart(out + i, Simd::mul(Simd::add(Simd::loadPart(q + i, end - i), offset), scale),
                            end - i);
    }
}

}  // namespace
}  // namespace hostacl::kernels::vector
