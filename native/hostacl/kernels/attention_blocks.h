// What every attention kernel shares: which keys a query sees and where a key lies.
#pragma once

#include "kernels.h"
#include "parallel.h"

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

/** Where the rows of one key-value head lie, paged or not. */
struct HeadRows {
    const char* base;
    const int32_t* blocks;
    int64_t rowBytes, blockBytes, blockSize;

    const void* row(int64_t j) const {
        if (blocks == nullptr) return base + j * rowBytes;
        return base + blocks[j / blockSize] * blockBytes + j % blockSize * rowBytes;
    }
};

inline HeadRows keyRows(const AttentionArgs& args, const AttentionSequence& s, int64_t head) {
    const int64_t size = elementSize(args.dtype);
    const char* base = static_cast<const char*>(s.blocks != nullptr ? args.keyCache : s.key);
    return {base + head * args.keyHeadStride * size, s.blocks, args.keyRowStride * size,
            args.keyBlockStride * size, args.blockSize};
}

inline HeadRows valueRows(const AttentionArgs& args, const AttentionSequence& s, int64_t head) {
    const int64_t size = elementSize(args.dtype);
    const char* base = static_cast<const char*>(s.blocks != nullptr ? args.valueCache : s.value);
    return {base + head * args.valueHeadStride * size, s.blocks, args.valueRowStride * size,
            args.valueBlockStride * size, args.blockSize};
}

/** A part of the work: queries [begin, end) of a sequence, in all query heads that share `keyHead`. */
struct AttentionItem {
    const AttentionSequence& sequence;
    int64_t keyHead, begin, end;
};

/**
 * start()(item) for all items of at most `queries` queries each, in parallel, `start` being called once a
 * range. Sequences with block ids outside the cache are left out, and false is returned.
 */
template <class Start>
inline bool forEachAttentionItem(const AttentionArgs& args, int64_t queries, Start&& start) {
    bool valid = true;
    int64_t total = 0;
    const auto itemsOf = [&](const AttentionSequence& s) -> int64_t {
        if (s.queryLength <= 0 || !blocksInRange(args, s)) return 0;
        return (s.queryLength + queries - 1) / queries * args.keyHeads;
    };
    for (int64_t i = 0; i < args.sequenceCount; ++i) {
        valid = valid && blocksInRange(args, args.sequences[i]);
        total += itemsOf(args.sequences[i]);
    }
    parallelRanges(total, 1, [&](int64_t begin, int64_t end) {
        auto&& body = start();
        int64_t first = 0;
        for (int64_t i = 0; i < args.sequenceCount && first < end; ++i) {
            const AttentionSequence& s = args.sequences[i];
            const int64_t items = itemsOf(s);
            for (int64_t item = begin > first ? begin - first : 0; item < items && first + item < end;
                 ++item) {
                const int64_t part = item / args.keyHeads * queries;
                const int64_t last = part + queries < s.queryLength ? part + queries : s.queryLength;
                body(AttentionItem{s, item % args.keyHeads, part, last});
            }
            first += items;
        }
    });
    return valid;
}

/** Smallest range of keys that holds all that queries [begin, end) see. */
inline KeyRange visibleToAny(const AttentionItem& item) {
    const KeyRange first = visibleKeys(item.sequence, item.begin),
                   last = visibleKeys(item.sequence, item.end - 1);
    return {first.begin, last.end};
}

}  // namespace
}  // namespace hostacl::kernels
