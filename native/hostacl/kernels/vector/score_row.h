// Scale, shift and mask of one row of attention scores over one block of keys.
#pragma once

#include "../attention_blocks.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/**
 * row[j] = row[j] * scale + shift for the keys j0 + j, j < count, and -infinity where query `i` of `head`
 * must not see them. `row` extends to a multiple of the lane count; what lies beyond `count` becomes
 * -infinity. Returns false when no key is visible (the row is then undefined).
 */
template <class Simd>
inline bool finishScores(const AttentionArgs& args, const AttentionSequence& s, int64_t i, int64_t head,
                         int64_t j0, int64_t count, float* row) {
    constexpr float kHidden = -__builtin_inff();
    const KeyRange keys = visibleKeys(s, i);
    const int64_t begin = keys.begin > j0 ? keys.begin - j0 : 0;
    const int64_t end = keys.end - j0 < count ? keys.end - j0 : count;
    if (begin >= end) return false;
    const typename Simd::F scale = Simd::set(args.scale);
    const int64_t padded = (count + Simd::kLanes - 1) / Simd::kLanes * Simd::kLanes;
    for (int64_t j = 0; j < padded; j += Simd::kLanes)
        Simd::store(row + j, Simd::mul(Simd::load(row + j), scale));
    if (s.shift != nullptr) {
        const int64_t at = i * args.shiftRowStride + head * args.shiftHeadStride + j0;
        for (int64_t j = begin; j < end; ++j) {
            float shift;
            loadRow(s.shift, args.dtype, at + j, 1, 1, &shift);
            row[j] += shift;
        }
    }
    if (s.mask != nullptr) {
        const uint8_t* mask = s.mask + i * args.maskRowStride + head * args.maskHeadStride + j0;
        for (int64_t j = begin; j < end; ++j)
            if (mask[j] != 0) row[j] = kHidden;
    }
    for (int64_t j = 0; j < begin; ++j) row[j] = kHidden;
    for (int64_t j = end; j < padded; ++j) row[j] = kHidden;
    return true;
}

}  // namespace
}  // namespace hostacl::kernels::vector
