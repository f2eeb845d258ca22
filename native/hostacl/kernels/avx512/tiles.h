// AMX tiles: configuration, and the operand layouts of TDPBF16PS.
//
// A tile of sums C[16][16] fp32 takes A[16][32] bf16 with rows at any stride, and B packed in pairs:
// B[16 pairs of k][16 columns][2]. TDPBF16PS treats the two operands alike, so rows of X may be the A operand
// and rows of W the packed one or the reverse: each sum has the same bits either way.
#pragma once

#include "simd.h"

namespace hostacl::kernels::amx {
namespace {

constexpr int64_t kTileRows = 16;
constexpr int64_t kTileK = 32;        // bf16 elements of k in one tile
constexpr int64_t kTileBytes = 1024;  // 16 rows of 64 bytes

/** Where a tile is loaded from: 16 rows of 64 bytes, `stride` bytes apart. */
struct TileAddress {
    const void* data;
    int64_t stride;
};

/** Configures the calling thread's eight tiles as 16 rows of 64 bytes, and releases them at the end. */
class TileScope {
  public:
    TileScope() {
        struct alignas(64) {
            uint8_t palette = 1, startRow = 0, reserved[14] = {};
            uint16_t rowBytes[16] = {};
            uint8_t rows[16] = {};
        } config;
        for (int t = 0; t < 8; ++t) {
            config.rowBytes[t] = 64;
            config.rows[t] = kTileRows;
        }
        asm volatile("" ::"r"(&config) : "memory");
        _tile_loadconfig(&config);
    }
    ~TileScope() { _tile_release(); }
    TileScope(const TileScope&) = delete;
};

/** Makes earlier stores visible to later tile loads: GCC's tile loads do not say that they read memory. */
inline void publish() {
    asm volatile("" ::: "memory");
}

/** Transposes 16 x 16 dwords in registers. */
inline void transpose16(__m512i (&r)[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 16; i += 8) {
        for (int j = 0; j < 4; ++j) {
            t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
            t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
        }
    }
    for (int j = 0; j < 8; ++j) {
        r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
        r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
    }
}

inline __mmask32 firstOf32(int64_t count) {
    return count >= 32 ? ~0u : count <= 0 ? 0u : (1u << count) - 1;
}

/** 32 bf16 from the first `count` elements, zeros beyond. */
inline __m512i load32(const BFloat16* from, int64_t count) {
    return _mm512_maskz_loadu_epi16(firstOf32(count), from);
}

/** Packs `count` <= 16 rows of 32 elements of k (the first `left` exist) as one B tile; missing ones are
 * zeros. */
inline void packPairs(const BFloat16* rows, int64_t stride, int64_t count, int64_t left, void* tile) {
    __m512i r[16];
    for (int i = 0; i < 16; ++i) r[i] = i < count ? load32(rows + i * stride, left) : _mm512_setzero_si512();
    transpose16(r);
    for (int i = 0; i < 16; ++i) _mm512_store_si512(static_cast<char*>(tile) + i * 64, r[i]);
}

/** Copies `count` <= 16 rows of 32 elements of k (the first `left` exist) as one A tile; missing ones are
 * zeros. */
inline void copyTile(const BFloat16* rows, int64_t stride, int64_t count, int64_t left, void* tile) {
    for (int i = 0; i < 16; ++i) {
        const __m512i row = i < count ? load32(rows + i * stride, left) : _mm512_setzero_si512();
        _mm512_store_si512(static_cast<char*>(tile) + i * 64, row);
    }
}

}  // namespace
}  // namespace hostacl::kernels::amx
