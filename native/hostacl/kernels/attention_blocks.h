// What every attention kernel shares: which keys a query sees and where a key lies.
#pragma once

#include <algorithm>

#include "kernels.h"

namespace hostacl::kernels {
namespace {

struct KeyRange {
    int64_t begin, end;
};

/** Keys that the limits let query row `i` see (the mask may hide some of them); empty when begin >= end. */
inline KeyRange visibleKeys(const AttentionSequence& sequence, int64_t i) {
    const int64_t first = i + sequence.lowest, last = i + sequence.highest;
    return {first > 0 ? first : 0, last + 1 < sequence.keyLength ? last + 1 : sequence.keyLength};
}

/** True when every block that the sequence needs has an id inside the cache. */
inline bool blocksInRange(const AttentionArgs& args, const AttentionSequence& sequence) {
    if (sequence.blocks == nullptr) return true;
    const int64_t needed = (sequence.keyLength + args.blockSize - 1) / args.blockSize;
    for (int64_t b = 0; b < needed; ++b)
        if (sequence.blocks[b] < 0 || sequence.blocks[b] >= args.blockCount) return false;
    return true;
}

/** Element offset of key row `j`, head `head`, from keyCache when paged, else from the sequence's key
 * pointer. */
inline int64_t keyOffset(const AttentionArgs& args, const AttentionSequence& s, int64_t j, int64_t head) {
    const int64_t inHead = head * args.keyHeadStride;
    if (s.blocks == nullptr) return inHead + j * args.keyRowStride;
    return inHead + s.blocks[j / args.blockSize] * args.keyBlockStride +
           j % args.blockSize * args.keyRowStride;
}

/** The same for value rows. */
inline int64_t valueOffset(const AttentionArgs& args, const AttentionSequence& s, int64_t j, int64_t head) {
    const int64_t inHead = head * args.valueHeadStride;
    if (s.blocks == nullptr) return inHead + j * args.valueRowStride;
    return inHead + s.blocks[j / args.blockSize] * args.valueBlockStride +
           j % args.blockSize * args.valueRowStride;
}

}  // namespace
}  // namespace hostacl::kernels
