#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../attention_blocks.h"
#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

struct Rows {
    std::vector<float> query, row, scores, out;
};

void attendRow(const AttentionArgs& args, const AttentionSequence& s, int64_t i, int64_t head, Rows& rows) {
    constexpr float kHidden = -std::numeric_limits<float>::infinity();
    const int64_t keyHead = head / (args.queryHeads / args.keyHeads);
    const KeyRange keys = visibleKeys(s, i);
    const HeadRows keysOfHead = keyRows(args, s, keyHead), valuesOfHead = valueRows(args, s, keyHead);
    loadRow(s.query, args.dtype, i * args.queryRowStride + head * args.queryHeadStride, 1, args.headDim,
            rows.query.data());

    float largest = kHidden;
    for (int64_t j = keys.begin; j < keys.end; ++j) {
        float& score = rows.scores[j] = kHidden;
        if (s.mask != nullptr && s.mask[i * args.maskRowStride + head * args.maskHeadStride + j] != 0)
            continue;
        loadRow(keysOfHead.row(j), args.dtype, 0, 1, args.headDim, rows.row.data());
        float dot = 0;
        for (int64_t d = 0; d < args.headDim; ++d) dot += rows.query[d] * rows.row[d];
        score = dot * args.scale;
        if (s.shift != nullptr) {
            float shift;
            loadRow(s.shift, args.dtype, i * args.shiftRowStride + head * args.shiftHeadStride + j, 1, 1,
                    &shift);
            score += shift;
        }
        largest = std::max(largest, score);
    }

    float sum = 0;
    std::fill(rows.out.begin(), rows.out.end(), 0.f);
    for (int64_t j = keys.begin; j < keys.end && largest != kHidden; ++j) {
        if (rows.scores[j] == kHidden) continue;
        const float p = std::exp(rows.scores[j] - largest);
        sum += p;
        loadRow(valuesOfHead.row(j), args.dtype, 0, 1, args.valueDim, rows.row.data());
        for (int64_t d = 0; d < args.valueDim; ++d) rows.out[d] += p * rows.row[d];
    }
    if (sum > 0)
        for (float& value : rows.out) value /= sum;
    storeRow(rows.out.data(), s.out, args.dtype, i * args.outRowStride + head * args.outHeadStride, 1,
             args.valueDim);
    if (s.lse != nullptr)
        s.lse[i * args.lseRowStride + head * args.lseHeadStride] =
            sum > 0 ? largest + std::log(sum) : std::numeric_limits<float>::infinity();
}

}  // namespace

bool attention(const AttentionArgs& args) {
    bool valid = true;
    for (int64_t index = 0; index < args.sequenceCount; ++index) {
        const AttentionSequence& s = args.sequences[index];
        if (!blocksInRange(args, s)) {
            valid = false;
            continue;
        }
        parallelRanges(s.queryLength * args.queryHeads, 1, [&](int64_t begin, int64_t end) {
            Rows rows;
            rows.query.resize(args.headDim);
            rows.row.resize(std::max(args.headDim, args.valueDim));
            rows.scores.resize(std::max<int64_t>(s.keyLength, 0));
            rows.out.resize(args.valueDim);
            for (int64_t item = begin; item < end; ++item)
                attendRow(args, s, item / args.queryHeads, item % args.queryHeads, rows);
        });
    }
    return valid;
}

}  // namespace hostacl::kernels::scalar
