// bf16 attention on AMX tiles with an online softmax over blocks of 128 keys.
//
// Blocks are cut at fixed multiples of kKeyBlock from key 0, every sum runs in the order of k, and blocks
// that a row does not see leave its state as it is: so a row's bits do not depend on which other queries are
// computed with it. Rows are (query, head) pairs of one key-value head: 16 of them fill a tile in prefill,
// grouped heads share one in decoding.
#include <cmath>

#include "../vector/score_row.h"
#include "amx_attention_tiles.h"
#include "avx512.h"

namespace hostacl::kernels::amx {
namespace {

using avx512::Simd;

constexpr int64_t kMostItemRows = 1024;

/**
 * Sums of one row of tiles, out[16][16 * Tiles] (+)= A . B: `parts` A tiles of 64-byte rows `aStride` apart,
 * each `aStep` after the last; B tile (part, t) at part * bPart + t * bTile. Four tiles hide the latency of
 * the sums.
 */
template <int Tiles>
void multiplyTiles(const char* a, int64_t aStride, int64_t aStep, const char* b, int64_t bPart, int64_t bTile,
                   int64_t parts, bool accumulate, float* out, int64_t outBytes) {
    if (accumulate) {
        _tile_loadd(0, out, outBytes);
        if constexpr (Tiles > 1) _tile_loadd(1, out + 16, outBytes);
        if constexpr (Tiles > 2) _tile_loadd(2, out + 32, outBytes);
        if constexpr (Tiles > 3) _tile_loadd(3, out + 48, outBytes);
    } else {
        _tile_zero(0);
        if constexpr (Tiles > 1) _tile_zero(1);
        if constexpr (Tiles > 2) _tile_zero(2);
        if constexpr (Tiles > 3) _tile_zero(3);
    }
    for (int64_t part = 0; part < parts; ++part, a += aStep, b += bPart) {
        _tile_loadd(4, a, aStride);
        _tile_loadd(5, b, 64);
        _tile_dpbf16ps(0, 4, 5);
        if constexpr (Tiles > 1) {
            _tile_loadd(6, b + bTile, 64);
            _tile_dpbf16ps(1, 4, 6);
        }
        if constexpr (Tiles > 2) {
            _tile_loadd(7, b + 2 * bTile, 64);
            _tile_dpbf16ps(2, 4, 7);
        }
        if constexpr (Tiles > 3) {
            _tile_loadd(5, b + 3 * bTile, 64);
            _tile_dpbf16ps(3, 4, 5);
        }
    }
    _tile_stored(0, out, outBytes);
    if constexpr (Tiles > 1) _tile_stored(1, out + 16, outBytes);
    if constexpr (Tiles > 2) _tile_stored(2, out + 32, outBytes);
    if constexpr (Tiles > 3) _tile_stored(3, out + 48, outBytes);
}

/** multiplyTiles over any number of column tiles. */
void multiplyRow(const char* a, int64_t aStride, int64_t aStep, const char* b, int64_t bPart, int64_t bTile,
                 int64_t parts, bool accumulate, float* out, int64_t outBytes, int64_t tiles) {
    for (; tiles >= 4; tiles -= 4, b += 4 * bTile, out += 64)
        multiplyTiles<4>(a, aStride, aStep, b, bPart, bTile, parts, accumulate, out, outBytes);
    if (tiles == 3) multiplyTiles<3>(a, aStride, aStep, b, bPart, bTile, parts, accumulate, out, outBytes);
    if (tiles == 2) multiplyTiles<2>(a, aStride, aStep, b, bPart, bTile, parts, accumulate, out, outBytes);
    if (tiles == 1) multiplyTiles<1>(a, aStride, aStep, b, bPart, bTile, parts, accumulate, out, outBytes);
}

/** scores[16][128] of 16 rows against the packed keys. */
void multiplyKeys(const Buffers& b, int64_t firstRow, int64_t count) {
    const int64_t parts = b.depth / kTileK;
    multiplyRow(b.queries + firstRow * b.depth * 2, 64, kTileBytes, b.keys, kTileBytes, parts * kTileBytes,
                parts, false, b.scores, kKeyBlock * sizeof(float), (count + 15) / 16);
}

/** 2^x for x <= 0, relative error below 2e-7; 0 below 2^-126. */
__m512 exp2OfNegative(__m512 x) {
    // 2^r on |r| <= 1/2: powers of ln 2 over factorials, as a minimax fit
    const __m512 clamped = _mm512_max_ps(x, _mm512_set1_ps(-127.f));
    const __m512 n = Simd::round(clamped);
    const __m512 r = _mm512_mul_ps(_mm512_sub_ps(clamped, n), _mm512_set1_ps(0.693147181f));
    __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.001381446695f), r, _mm512_set1_ps(0.008368780409f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.04166839421f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.1666652011f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.4999999341f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.f));
    const __mmask16 kept = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-126.f), _CMP_GE_OQ);
    return _mm512_maskz_scalef_ps(kept, p, n);
}

/** Scores of one row -> bf16 numerators relative to the new maximum; returns the factor for the old state. */
float absorb(Buffers& b, int64_t r, const float* scores, int64_t count, BFloat16* weights) {
    constexpr float kLog2E = 1.44269504f;
    __m512 best = _mm512_set1_ps(b.largest[r]);
    for (int64_t j = 0; j < count; j += 16) best = _mm512_max_ps(_mm512_loadu_ps(scores + j), best);
    const float largest = _mm512_reduce_max_ps(best);
    if (largest == kHidden) {
        std::memset(weights, 0, kKeyBlock * sizeof(BFloat16));
        return 1;
    }
    const __m512 scale = _mm512_set1_ps(kLog2E), shift = _mm512_set1_ps(largest);
    const auto numerators = [&](int64_t j) {
        if (j >= count) return _mm512_setzero_ps();
        return exp2OfNegative(_mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(scores + j), shift), scale));
    };
    __m512 sum = _mm512_setzero_ps();
    for (int64_t j = 0; j < count; j += 32) {
        const __m512 low = numerators(j), high = numerators(j + 16);
        sum = _mm512_add_ps(sum, _mm512_add_ps(low, high));
        _mm512_storeu_si512(weights + j, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
    }
    const float factor = b.largest[r] == largest ? 1.f : std::exp(b.largest[r] - largest);
    b.largest[r] = largest;
    b.sums[r] = b.sums[r] * factor + _mm512_reduce_add_ps(sum);
    return factor;
}

/** out[16][width] += weights[16][128] . values, after the rows' factors. */
void multiplyValues(const Buffers& b, int64_t firstRow, int64_t count, const float* factors) {
    float* out = b.out + firstRow * b.width;
    for (int r = 0; r < 16; ++r) {
        if (factors[r] == 1) continue;
        const __m512 factor = _mm512_set1_ps(factors[r]);
        float* row = out + r * b.width;
        for (int64_t d = 0; d < b.width; d += 16)
            _mm512_storeu_ps(row + d, _mm512_mul_ps(_mm512_loadu_ps(row + d), factor));
    }
    publish();
    const int64_t columns = b.width / 16;
    multiplyRow(reinterpret_cast<const char*>(b.weights), kKeyBlock * sizeof(BFloat16), 64, b.values,
                columns * kTileBytes, kTileBytes, (count + kTileK - 1) / kTileK, true, out,
                b.width * sizeof(float), columns);
}

void attendBlock(const Rows& rows, Buffers& b, int64_t j0, int64_t count) {
    for (int64_t r0 = 0; r0 < rows.count; r0 += 16) {
        const int64_t present = rows.count - r0 < 16 ? rows.count - r0 : 16;
        const KeyRange seen = visibleToAny(
            {rows.item.sequence, rows.item.keyHead, rows.query(r0), rows.query(r0 + present - 1) + 1});
        if (seen.begin >= j0 + count || seen.end <= j0) continue;
        multiplyKeys(b, r0, count);
        float factors[16];
        for (int64_t r = 0; r < 16; ++r) {
            factors[r] = 1;
            BFloat16* weights = b.weights + r * kKeyBlock;
            float* scores = b.scores + r * kKeyBlock;
            if (r < present && vector::finishScores<Simd>(rows.args, rows.item.sequence, rows.query(r0 + r),
                                                          rows.head(r0 + r), j0, count, scores))
                factors[r] = absorb(b, r0 + r, scores, count, weights);
            else
                std::memset(weights, 0, kKeyBlock * sizeof(BFloat16));
        }
        multiplyValues(b, r0, count, factors);
    }
}

void storeRows(const Rows& rows, const Buffers& b) {
    const AttentionArgs& args = rows.args;
    const AttentionSequence& s = rows.item.sequence;
    for (int64_t r = 0; r < rows.count; ++r) {
        float* row = b.out + r * b.width;
        const bool seen = b.sums[r] > 0;
        const __m512 inverse = _mm512_set1_ps(seen ? 1 / b.sums[r] : 0);
        for (int64_t d = 0; d < b.width; d += 16)
            _mm512_storeu_ps(row + d, _mm512_mul_ps(_mm512_loadu_ps(row + d), inverse));
        const int64_t at = rows.query(r) * args.outRowStride + rows.head(r) * args.outHeadStride;
        vector::store<Simd>(row, s.out, kBFloat16, at, 1, args.valueDim);
        if (s.lse != nullptr)
            s.lse[rows.query(r) * args.lseRowStride + rows.head(r) * args.lseHeadStride] =
                seen ? b.largest[r] + std::log(b.sums[r]) : __builtin_inff();
    }
}

void attendItem(const AttentionArgs& args, const AttentionItem& item) {
    const int64_t group = args.queryHeads / args.keyHeads;
    const Rows rows{args, item, group, (item.end - item.begin) * group};
    Buffers buffers(args, rows.count);
    copyQueries(rows, buffers);
    const HeadRows keys = keyRows(args, item.sequence, item.keyHead);
    const HeadRows values = valueRows(args, item.sequence, item.keyHead);
    const KeyRange visible = visibleToAny(item);
    for (int64_t j0 = visible.begin / kKeyBlock * kKeyBlock; j0 < visible.end; j0 += kKeyBlock) {
        const int64_t count = visible.end - j0 < kKeyBlock ? visible.end - j0 : kKeyBlock;
        packKeys(keys, args.headDim, j0, count, buffers);
        packValues(values, args.valueDim, j0, count, buffers);
        publish();
        attendBlock(rows, buffers, j0, count);
    }
    storeRows(rows, buffers);
}

}  // namespace

bool attention(const AttentionArgs& args) {
    if (args.dtype != kBFloat16) return avx512::attention(args);
    const int64_t group = args.queryHeads / args.keyHeads;
    // Large items pack keys and values fewer times; but every thread should get a few.
    int64_t rows = 0;
    for (int64_t i = 0; i < args.sequenceCount; ++i) rows += args.sequences[i].queryLength * args.queryHeads;
    const int64_t share = rows / (4 * parallelWidth());
    const int64_t itemRows = share > kMostItemRows ? kMostItemRows : share < 64 ? 64 : share / 16 * 16;
    const int64_t queries = itemRows / group > 0 ? itemRows / group : 1;
    return forEachAttentionItem(args, queries, [&] {
        return [&args, tiles = TileScope()](const AttentionItem& item) { attendItem(args, item); };
    });
}

}  // namespace hostacl::kernels::amx
