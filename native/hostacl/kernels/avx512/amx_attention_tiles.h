// Rows, keys and values of an attention item as AMX tiles.
#pragma once

#include "../attention_blocks.h"
#include "../scratch.h"
#include "tiles.h"

namespace hostacl::kernels::amx {
namespace {

constexpr int64_t kKeyBlock = 128;
constexpr float kHidden = -__builtin_inff();

constexpr int64_t roundUp(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/** Rows of an item: row r is query begin + r / group, head keyHead * group + r % group. */
struct Rows {
    const AttentionArgs& args;
    const AttentionItem& item;
    int64_t group, count;

    int64_t query(int64_t r) const { return item.begin + r / group; }
    int64_t head(int64_t r) const { return item.keyHead * group + r % group; }
};

/** Scratch of an item; rows, keys and widths are padded to whole tiles. */
struct Buffers {
    int64_t depth, width;  // headDim rounded up to 32, valueDim to 16
    char* queries;         // A tiles [rows / 16][depth / 32]
    char* keys;            // B tiles [keys / 16][depth / 32]
    char* values;          // B tiles [keys / 32][width / 16]
    BFloat16* weights;     // [16, 128] softmax numerators
    float* scores;         // [16, 128]
    float* out;            // [rows, width] weighted sums of the values
    float *largest, *sums;

    Buffers(const AttentionArgs& args, int64_t count)
        : depth(roundUp(args.headDim, kTileK)), width(roundUp(args.valueDim, 16)) {
        const int64_t rows = roundUp(count, 16);
        queries = static_cast<char*>(scratch(ScratchSlot::Operand, rows * depth * 2));
        keys = static_cast<char*>(scratch(ScratchSlot::Weight, kKeyBlock * depth * 2));
        values = static_cast<char*>(scratch(ScratchSlot::Value, kKeyBlock * width * 2));
        scores = static_cast<float*>(scratch(ScratchSlot::Score, 16 * kKeyBlock * (sizeof(float) + 2)));
        weights = reinterpret_cast<BFloat16*>(scores + 16 * kKeyBlock);
        out = static_cast<float*>(scratch(ScratchSlot::State, rows * (width + 2) * sizeof(float)));
        largest = out + rows * width;
        sums = largest + rows;
        std::memset(out, 0, rows * width * sizeof(float));
        for (int64_t r = 0; r < rows; ++r) {
            largest[r] = kHidden;
            sums[r] = 0;
        }
    }
};

inline void copyQueries(const Rows& rows, const Buffers& to) {
    const AttentionArgs& args = rows.args;
    const BFloat16* query = static_cast<const BFloat16*>(rows.item.sequence.query);
    for (int64_t r = 0; r < roundUp(rows.count, 16); ++r) {
        const BFloat16* from =
            query + rows.query(r) * args.queryRowStride + rows.head(r) * args.queryHeadStride;
        char* tiles = to.queries + r / 16 * 16 * to.depth * 2 + r % 16 * 64;
        for (int64_t d = 0; d < to.depth; d += kTileK) {
            const __m512i part = r < rows.count ? load32(from + d, args.headDim - d) : _mm512_setzero_si512();
            _mm512_store_si512(tiles + d / kTileK * kTileBytes, part);
        }
    }
}

/** Packs keys [j0, j0 + count) for scores: pairs of head elements by 16 keys; missing keys are zeros. */
inline void packKeys(const HeadRows& keys, int64_t headDim, int64_t j0, int64_t count, const Buffers& to) {
    for (int64_t j = 0; j < count; j += 16) {
        for (int64_t d = 0; d < to.depth; d += kTileK) {
            __m512i r[16];
            for (int i = 0; i < 16; ++i)
                r[i] = j + i < count
                           ? load32(static_cast<const BFloat16*>(keys.row(j0 + j + i)) + d, headDim - d)
                           : _mm512_setzero_si512();
            transpose16(r);
            char* tile = to.keys + (j / 16 * (to.depth / kTileK) + d / kTileK) * kTileBytes;
            for (int i = 0; i < 16; ++i) _mm512_store_si512(tile + i * 64, r[i]);
        }
    }
}

/** Packs values [j0, j0 + count) for the weighted sums: pairs of keys by 16 elements; missing keys are zeros.
 */
inline void packValues(const HeadRows& values, int64_t valueDim, int64_t j0, int64_t count,
                       const Buffers& to) {
    alignas(64) static constexpr uint16_t kLow[32] = {0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,
                                                      37, 6,  38, 7,  39, 8,  40, 9,  41, 10, 42,
                                                      11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
    const __m512i low = _mm512_load_si512(kLow), high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    const auto row = [&](int64_t j, int64_t d) {
        if (j >= count) return _mm512_setzero_si512();
        return load32(static_cast<const BFloat16*>(values.row(j0 + j)) + d, valueDim - d);
    };
    for (int64_t j = 0; j < roundUp(count, kTileK); j += 2) {
        char* tiles = to.values + j / kTileK * (to.width / 16) * kTileBytes + j % kTileK / 2 * 64;
        for (int64_t d = 0; d < to.width; d += 32) {
            const __m512i even = row(j, d), odd = row(j + 1, d);
            char* tile = tiles + d / 16 * kTileBytes;
            _mm512_store_si512(tile, _mm512_permutex2var_epi16(even, low, odd));
            if (d + 16 < to.width)
                _mm512_store_si512(tile + kTileBytes, _mm512_permutex2var_epi16(even, high, odd));
        }
    }
}

}  // namespace
}  // namespace hostacl::kernels::amx
