// Attention in fp32 with an online softmax over blocks of keys.
//
// Blocks are cut at fixed multiples of kKeyBlock from key 0, and blocks that a row does not see leave its
// state as it is: so a row's bits do not depend on which other queries are computed with it.
#pragma once

#include <cmath>

#include "../scratch.h"
#include "dot_tile.h"
#include "math.h"
#include "outer_tile.h"
#include "score_row.h"

namespace hostacl::kernels::vector {
namespace {

constexpr int64_t kKeyBlock = 64;
constexpr int64_t kAttentionRows = 96;  // query rows (queries times heads of a group) of an item

/** The state of an item's rows; row r is query begin + r / group, head keyHead * group + r % group. */
struct AttentionState {
    int64_t rows, headDim, valueWidth;  // valueWidth: valueDim rounded up to whole tiles
    float *queries, *largest, *sums, *out;

    AttentionState(int64_t rows, int64_t headDim, int64_t valueWidth)
        : rows(rows), headDim(headDim), valueWidth(valueWidth) {
        queries = static_cast<float*>(scratch(ScratchSlot::Operand, rows * headDim * sizeof(float)));
        out = static_cast<float*>(scratch(ScratchSlot::State, rows * (valueWidth + 2) * sizeof(float)));
        largest = out + rows * valueWidth;
        sums = largest + rows;
        for (int64_t i = 0; i < rows * valueWidth; ++i) out[i] = 0;
        for (int64_t r = 0; r < rows; ++r) {
            largest[r] = -__builtin_inff();
            sums[r] = 0;
        }
    }
};

/** Turns the scores of a row into probabilities relative to the new maximum; returns the factor for the old
 * state. */
template <class Simd>
inline float absorb(AttentionState& state, int64_t r, float* scores) {
    using F = typename Simd::F;
    F best = Simd::set(state.largest[r]);
    for (int64_t j = 0; j < kKeyBlock; j += Simd::kLanes) best = Simd::max(Simd::load(scores + j), best);
    const float largest = Simd::largest(best);
    if (largest == -__builtin_inff()) {  // the mask hides the whole block, and all before it
        for (int64_t j = 0; j < kKeyBlock; ++j) scores[j] = 0;
        return 1;
    }
    const F shift = Simd::set(largest);
    F sum = Simd::zero();
    for (int64_t j = 0; j < kKeyBlock; j += Simd::kLanes) {
        const F p = exp<Simd>(Simd::sub(Simd::load(scores + j), shift));
        sum = Simd::add(sum, p);
        Simd::store(scores + j, p);
    }
    const float factor = state.largest[r] == largest ? 1.f : std::exp(state.largest[r] - largest);
    state.largest[r] = largest;
    state.sums[r] = state.sums[r] * factor + Simd::sum(sum);
    return factor;
}

/** One block of keys, [j0, j0 + count), against all rows of the item. */
template <class Simd>
inline void attendBlock(const AttentionArgs& args, const AttentionItem& item, AttentionState& state,
                        int64_t j0, int64_t count, const float* keys, const float* values) {
    const int64_t group = args.queryHeads / args.keyHeads;
    constexpr int64_t kRows = Simd::kRowsOfOuter;
    alignas(64) float scores[kRows * kKeyBlock];
    for (int64_t r0 = 0; r0 < state.rows; r0 += kRows) {
        const int64_t rows = state.rows - r0 < kRows ? state.rows - r0 : kRows;
        for (int64_t r = 0; r < rows; r += Simd::kRowsOfDot) {
            const int64_t some = rows - r < Simd::kRowsOfDot ? rows - r : Simd::kRowsOfDot;
            const float* queries = state.queries + (r0 + r) * state.headDim;
            for (int64_t j = 0; j < count; j += 4) {
                const float* columns[4];
                for (int64_t c = 0; c < 4; ++c) columns[c] = keys + (j + c) * state.headDim;
                dotRows<Simd, float>(some, queries, state.headDim, columns, state.headDim,
                                     scores + r * kKeyBlock + j, kKeyBlock);
            }
        }
        float factors[kRows];
        bool any = false;
        for (int64_t r = 0; r < rows; ++r) {
            const int64_t query = item.begin + (r0 + r) / group,
                          head = item.keyHead * group + (r0 + r) % group;
            float* row = scores + r * kKeyBlock;
            factors[r] = 1;
            if (finishScores<Simd>(args, item.sequence, query, head, j0, count, row)) {
                for (int64_t j = (count + Simd::kLanes - 1) / Simd::kLanes * Simd::kLanes; j < kKeyBlock; ++j)
                    row[j] = -__builtin_inff();
                factors[r] = absorb<Simd>(state, r0 + r, row);
                any = true;
            } else {
                for (int64_t j = 0; j < kKeyBlock; ++j) row[j] = 0;
            }
        }
        if (!any) continue;
        constexpr int64_t kStep = Simd::kVectorsOfOuter * Simd::kLanes;
        for (int64_t d = 0; d < state.valueWidth; d += kStep)
            outerRows<Simd>(rows, scores, kKeyBlock, values + d, state.valueWidth, count, factors,
                            state.out + r0 * state.valueWidth + d, state.valueWidth);
    }
}

/** `count` rows from row j0 of a head as fp32 [kKeyBlock, stride], zeros elsewhere. */
template <class Simd>
inline void widenBlock(const HeadRows& rows, int dtype, int64_t j0, int64_t count, int64_t width,
                       int64_t stride, float* out) {
    for (int64_t j = 0; j < kKeyBlock; ++j) {
        const int64_t present = j < count ? width : 0;
        if (present > 0) load<Simd>(rows.row(j0 + j), dtype, 0, 1, width, out + j * stride);
        for (int64_t d = present; d < stride; ++d) out[j * stride + d] = 0;
    }
}

template <class Simd>
inline void attendItem(const AttentionArgs& args, const AttentionItem& item) {
    const int64_t group = args.queryHeads / args.keyHeads, rows = (item.end - item.begin) * group;
    const AttentionSequence& s = item.sequence;
    AttentionState state(rows, args.headDim,
                         (args.valueDim + Simd::kVectorsOfOuter * Simd::kLanes - 1) /
                             (Simd::kVectorsOfOuter * Simd::kLanes) * (Simd::kVectorsOfOuter * Simd::kLanes));
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t query = item.begin + r / group, head = item.keyHead * group + r % group;
        load<Simd>(s.query, args.dtype, query * args.queryRowStride + head * args.queryHeadStride, 1,
                   args.headDim, state.queries + r * args.headDim);
    }
    float* keys = static_cast<float*>(scratch(ScratchSlot::Weight, kKeyBlock * args.headDim * sizeof(float)));
    float* values =
        static_cast<float*>(scratch(ScratchSlot::Value, kKeyBlock * state.valueWidth * sizeof(float)));
    const HeadRows keysOfHead = keyRows(args, s, item.keyHead),
                   valuesOfHead = valueRows(args, s, item.keyHead);
    const KeyRange visible = visibleToAny(item);
    for (int64_t j0 = visible.begin / kKeyBlock * kKeyBlock; j0 < visible.end; j0 += kKeyBlock) {
        const int64_t count = visible.end - j0 < kKeyBlock ? visible.end - j0 : kKeyBlock;
        widenBlock<Simd>(keysOfHead, args.dtype, j0, count, args.headDim, args.headDim, keys);
        widenBlock<Simd>(valuesOfHead, args.dtype, j0, count, args.valueDim, state.valueWidth, values);
        attendBlock<Simd>(args, item, state, j0, count, keys, values);
    }
    for (int64_t r = 0; r < rows; ++r) {
        const int64_t query = item.begin + r / group, head = item.keyHead * group + r % group;
        float* row = state.out + r * state.valueWidth;
        const bool seen = state.sums[r] > 0;
        const typename Simd::F inverse = Simd::set(seen ? 1 / state.sums[r] : 0);
        for (int64_t d = 0; d < state.valueWidth; d += Simd::kLanes)
            Simd::store(row + d, Simd::mul(Simd::load(row + d), inverse));
        store<Simd>(row, s.out, args.dtype, query * args.outRowStride + head * args.outHeadStride, 1,
                    args.valueDim);
        if (s.lse != nullptr)
            s.lse[query * args.lseRowStride + head * args.lseHeadStride] =
                seen ? state.largest[r] + std::log(state.sums[r]) : __builtin_inff();
    }
}

template <class Simd>
inline bool attention(const AttentionArgs& args) {
    const int64_t group = args.queryHeads / args.keyHeads;
    const int64_t queries = kAttentionRows / group > 0 ? kAttentionRows / group : 1;
    return forEachAttentionItem(
        args, queries, [&] { return [&](const AttentionItem& item) { attendItem<Simd>(args, item); }; });
}

}  // namespace
}  // namespace hostacl::kernels::vector
