// Weights as bf16 tiles, whatever they are stored as.
#pragma once

#include "../vector/group_scales.h"
#include "../vector/matmul_operands.h"
#include "tiles.h"

namespace hostacl::kernels::amx {
namespace {

/** One batch of B, row-major [n, k]: bf16, int8 or int4; `stride` counts elements between rows. */
struct WeightSource {
    const MatmulArgs& args;
    const uint8_t* data;
    int dtype;
    int64_t stride;

    bool grouped() const { return args.quantisation != nullptr && !vector::scalesColumns(args); }
};

/** B of one batch, gathered into scratch unless it is contiguous in k (int4: and its rows start at whole
 * bytes). */
inline WeightSource weightSource(const MatmulArgs& args, int64_t batch) {
    if (args.bDtype != kInt4) {
        const vector::RowMajor rows = vector::weightRows(args, batch, ScratchSlot::Weight);
        return {args, static_cast<const uint8_t*>(rows.data), rows.dtype, rows.stride};
    }
    const int64_t first = batch * args.bBatchStride;
    if (args.bRowStride == 1 && args.bColStride % 2 == 0 && first % 2 == 0)
        return {args, static_cast<const uint8_t*>(args.b) + first / 2, kInt4, args.bColStride};
    int8_t* unpacked = static_cast<int8_t*>(scratch(ScratchSlot::Weight, args.n * args.k));
    vector::unpackInt4<avx512::Simd>(args, batch, 0, args.n, unpacked);
    return {args, reinterpret_cast<const uint8_t*>(unpacked), kInt8, args.k};
}

/** 32 int8 from int8 weights, or unpacked from int4. */
template <bool Int4>
inline __m256i loadIntegers(const uint8_t* from) {
    if constexpr (!Int4) return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)),
                  nibble = _mm_set1_epi8(15);
    const __m128i low = _mm_and_si128(packed, nibble),
                  high = _mm_and_si128(_mm_srli_epi16(packed, 4), nibble);
    const __m256i both = _mm256_set_m128i(_mm_unpackhi_epi8(low, high), _mm_unpacklo_epi8(low, high));
    const __m256i eight = _mm256_set1_epi8(8);
    return _mm256_sub_epi8(_mm256_xor_si256(both, eight), eight);
}

/** The same when only `left` of the 32 exist; what the others hold is undefined. */
template <bool Int4>
inline __m256i loadIntegers(const uint8_t* from, int64_t left) {
    alignas(32) uint8_t copy[32] = {};
    const int64_t present = left < kTileK ? left : kTileK;
    std::memcpy(copy, from, Int4 ? (present + 1) / 2 : present);
    return loadIntegers<Int4>(copy);
}

/** 32 int8 as bf16, exactly. */
inline __m512i exactBFloat16(__m256i integers) {
    const __m512i pairs = _mm512_cvtepi16_epi32(integers);  // two neighbours in each dword
    const __m512 odd = _mm512_cvtepi32_ps(_mm512_srai_epi32(pairs, 8));
    const __m512 even = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(pairs, 24), 24));
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    constexpr int kAndOr = 0xea;  // (a & b) | c
    return _mm512_ternarylogic_epi32(_mm512_castps_si512(odd), upper,
                                     _mm512_srli_epi32(_mm512_castps_si512(even), 16), kAndOr);
}

/** 32 int8 as bf16 of (q + offset) * scale. */
inline __m512i scaledBFloat16(__m256i integers, float scale, float offset) {
    const __m512 scales = _mm512_set1_ps(scale), offsets = _mm512_set1_ps(offset);
    const auto number = [&](__m128i q) {
        return _mm512_mul_ps(_mm512_add_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q)), offsets), scales);
    };
    const __m512 low = number(_mm256_castsi256_si128(integers));
    const __m512 high = number(_mm256_extracti128_si256(integers, 1));
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

/** Tiles of up to 64 bf16 rows, in place; missing rows and the last, partial chunk of k are padded copies. */
class PlainWeights {
  public:
    explicit PlainWeights(const WeightSource& w)
        : rows_(reinterpret_cast<const BFloat16*>(w.data)), stride_(w.stride), k_(w.args.k) {}

    /** Begins with columns [n0, n0 + count), count <= 64; `tile` then asks for chunks in order. */
    void start(int64_t n0, int64_t count) {
        first_ = rows_ + n0 * stride_;
        count_ = count;
    }
    TileAddress tile(int64_t t, int64_t c) {
        const BFloat16* at = first_ + t * kTileRows * stride_ + c * kTileK;
        const int64_t rows = count_ - t * kTileRows, left = k_ - c * kTileK;
        if (rows >= kTileRows && left >= kTileK)
            return {at, stride_ * static_cast<int64_t>(sizeof(BFloat16))};
        copyTile(at, stride_, rows, left, padded_[t]);
        publish();
        return {padded_[t], 64};
    }
    void pack(int64_t c, void* out) const {
        packPairs(first_ + c * kTileK, stride_, count_, k_ - c * kTileK, out);
    }

  private:
    const BFloat16* rows_;
    const BFloat16* first_ = nullptr;
    int64_t stride_, k_, count_ = 0;
    alignas(64) char padded_[4][kTileBytes];
};

/**
 * Tiles of up to 64 rows of int8 or int4, widened to bf16: exact integers, or with grouped scales applied and
 * rounded. Chunks are widened in pairs, the 64 bytes of a cache line of int8 at once (rows a power of two
 * apart evict each other), and while the pair before is multiplied, because a tile load waits for fresh
 * stores.
 */
template <bool Int4, bool Grouped>
class IntegerWeights {
  public:
    explicit IntegerWeights(const WeightSource& w) : source_(w), rowBytes_(Int4 ? w.stride / 2 : w.stride) {}

    void start(int64_t n0, int64_t count) {
        first_ = source_.data + n0 * rowBytes_;
        count_ = count;
        if constexpr (Grouped)
            scales_ =
                vector::groupScales<avx512::Simd>(*source_.args.quantisation, source_.args.k, n0, count);
        for (int64_t t = 0; t < 4; ++t) widenPair(t, 0);
    }
    TileAddress tile(int64_t t, int64_t c) {
        if (c % 2 == 0) widenPair(t, c + 2);
        publish();
        return {ahead_[c % 4][t], 64};
    }
    void pack(int64_t c, void* out) {
        widen(0, c, ahead_[0][0]);
        packPairs(reinterpret_cast<const BFloat16*>(ahead_[0][0]), kTileK, kTileRows, kTileK, out);
    }

  private:
    static constexpr int64_t kChunkBytes = Int4 ? kTileK / 2 : kTileK;

    /** Index of the scales of chunk c and the first row of tile t. */
    int64_t scaleIndex(int64_t t, int64_t c) const {
        return t * kTileRows +
               (Grouped ? c * kTileK / source_.args.quantisation->groupSize * scales_.count : 0);
    }
    void widenPair(int64_t t, int64_t c) {
        char *first = ahead_[c % 4][t], *second = ahead_[(c + 1) % 4][t];
        if (count_ < (t + 1) * kTileRows || (c + 2) * kTileK > source_.args.k) {
            if (c * kTileK < source_.args.k) widen(t, c, first);
            if ((c + 1) * kTileK < source_.args.k) widen(t, c + 1, second);
            return;
        }
        const uint8_t* from = first_ + t * kTileRows * rowBytes_ + c * kChunkBytes;
        const int64_t scale = scaleIndex(t, c), next = scaleIndex(t, c + 1);
        // The hardware does not follow 64 short streams at once: ask for the line after the next.
#pragma GCC unroll 4
        for (int64_t r = 0; r < kTileRows; ++r, from += rowBytes_) {
            _mm_prefetch(reinterpret_cast<const char*>(from) + 128, _MM_HINT_T0);
            _mm512_store_si512(first + r * 64, number(loadIntegers<Int4>(from), scale + r));
            _mm512_store_si512(second + r * 64, number(loadIntegers<Int4>(from + kChunkBytes), next + r));
        }
    }
    void widen(int64_t t, int64_t c, char* tile) const {
        const int64_t left = source_.args.k - c * kTileK, rows = count_ - t * kTileRows,
                      scale = scaleIndex(t, c);
        const uint8_t* from = first_ + t * kTileRows * rowBytes_ + c * kChunkBytes;
        if (rows >= kTileRows && left >= kTileK) {
#pragma GCC unroll 4
            for (int64_t r = 0; r < kTileRows; ++r, from += rowBytes_)
                _mm512_store_si512(tile + r * 64, number(loadIntegers<Int4>(from), scale + r));
            return;
        }
        for (int64_t r = 0; r < kTileRows; ++r, from += rowBytes_) {
            const __m512i row =
                r < rows ? number(loadIntegers<Int4>(from, left), scale + r) : _mm512_setzero_si512();
            _mm512_store_si512(tile + r * 64, _mm512_maskz_mov_epi16(firstOf32(left), row));
        }
    }
    __m512i number(__m256i integers, int64_t scale) const {
        if constexpr (!Grouped) return exactBFloat16(integers);
        const float offset = scales_.offset != nullptr ? scales_.offset[scale] : 0;
        return scaledBFloat16(integers, scales_.scale[scale], offset);
    }

    const WeightSource& source_;
    const uint8_t* first_ = nullptr;
    int64_t rowBytes_, count_ = 0;
    vector::GroupScales scales_;
    alignas(64) char ahead_[4][4][kTileBytes];
};

/** visit(weights) with the tile source that suits the weight. */
template <class F>
inline void visitWeights(const WeightSource& w, F&& visit) {
    const auto with = [&](auto&& weights) { visit(weights); };
    if (w.dtype == kBFloat16)
        with(PlainWeights(w));
    else if (w.dtype == kInt8 && w.grouped())
        with(IntegerWeights<false, true>(w));
    else if (w.dtype == kInt8)
        with(IntegerWeights<false, false>(w));
    else if (w.grouped())
        with(IntegerWeights<true, true>(w));
    else
        with(IntegerWeights<true, false>(w));
}

/** Packs columns [n0, n0 + count), rounded up to 32, as B tiles [column tile][chunk of k]. */
inline void packPanel(const WeightSource& w, int64_t n0, int64_t count, char* panel) {
    const int64_t chunks = (w.args.k + kTileK - 1) / kTileK;
    visitWeights(w, [&](auto& weights) {
        for (int64_t n = 0; n < vector::roundUp(count, 32); n += kTileRows) {
            char* tiles = panel + n / kTileRows * chunks * kTileBytes;
            weights.start(n0 + n, count - n < 0 ? 0 : count - n < kTileRows ? count - n : kTileRows);
            for (int64_t c = 0; c < chunks; ++c) weights.pack(c, tiles + c * kTileBytes);
        }
    });
}

}  // namespace
}  // namespace hostacl::kernels::amx
