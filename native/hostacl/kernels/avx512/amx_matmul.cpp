// bf16 matrix products on AMX tiles; weights bf16, or int8 / int4 widened to bf16 on the way.
//
// Few rows: tiles are loaded straight from the row-major weight, which is read once, and X is packed. Many
// rows: blocks of the weight are packed once into L2 and X is read in place. Both sum over k in chunks of 32
// in order, so the bits agree (see tiles.h).
#include "../vector/dot_matmul.h"
#include "amx_weights.h"
#include "avx512.h"
#include "simd.h"
#include "tiles.h"

namespace hostacl::kernels::amx {
namespace {

using avx512::Simd;
using vector::RowMajor;

/** At most this many rows take the weight as the tile operand. */
constexpr int64_t kFewRows = 64;
constexpr int64_t kPanelBytes = 512 * 1024;

/** A's rows as bf16 contiguous in k: in place or gathered. */
RowMajor inputRows(const MatmulArgs& args, int64_t batch) {
    const BFloat16* base = static_cast<const BFloat16*>(args.a) + batch * args.aBatchStride;
    if (args.aColStride == 1 || args.k == 1) return {base, kBFloat16, args.aRowStride};
    BFloat16* out = static_cast<BFloat16*>(scratch(ScratchSlot::Operand, args.m * args.k * sizeof(BFloat16)));
    for (int64_t k0 = 0; k0 < args.k; k0 += kTileK) {
        const int64_t k1 = k0 + kTileK < args.k ? k0 + kTileK : args.k;
        for (int64_t m = 0; m < args.m; ++m)
            for (int64_t k = k0; k < k1; ++k)
                out[m * args.k + k] = base[m * args.aRowStride + k * args.aColStride];
    }
    return {out, kBFloat16, args.k};
}

/** Tiles of 16 rows of X: in place, but padded copies for missing rows and for the last, partial chunk of k.
 */
struct InputTile {
    const char* base;
    int64_t stride;
    const char* last;  // the partial chunk; null when k is a multiple of 32

    InputTile(const RowMajor& a, int64_t m, int64_t rows, int64_t k, char* memory) {
        const BFloat16* first = a.row<BFloat16>(m);
        const int64_t whole = k / kTileK, rest = k % kTileK;
        base = reinterpret_cast<const char*>(first);
        stride = a.stride * static_cast<int64_t>(sizeof(BFloat16));
        last = rest != 0 ? memory : nullptr;
        if (rest != 0) copyTile(first + whole * kTileK, a.stride, rows, rest, memory);
        if (rows == kTileRows) return;
        base = memory + kTileBytes;
        stride = whole * 64;
        for (int64_t r = 0; r < kTileRows; ++r) {
            char* to = memory + kTileBytes + r * stride;
            if (r < rows)
                std::memcpy(to, first + r * a.stride, stride);
            else
                std::memset(to, 0, stride);
        }
    }

    /** Bytes of `memory`, aligned to 64, that a tile needs. */
    static int64_t scratchBytes(int64_t k) { return vector::roundUp(kTileBytes + kTileRows * k * 2, 64); }
};

struct Problem {
    const MatmulArgs& args;
    int64_t batch;
    RowMajor a;
    WeightSource weight;
    vector::ColumnScales scales;
    int64_t chunks;  // of 32 elements of k, the last one may be partial
};

/** Sums of 16 * Tiles columns from n0 and 16 * Groups rows of the packed X; c tiles are [column][row]. */
template <int Tiles, int Groups, class Weights>
void sumWeightTiles(Weights& weights, const char* packed, int64_t chunks, float* out) {
    static_assert(Tiles * Groups <= 4);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t c = 0; c < chunks; ++c) {
        _tile_loadd(6, packed + c * kTileBytes, 64);
        if constexpr (Groups == 2) _tile_loadd(7, packed + (chunks + c) * kTileBytes, 64);
        const auto t0 = weights.tile(0, c), t1 = weights.tile(1, c);
        _tile_loadd(4, t0.data, t0.stride);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (Groups == 2) _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, t1.data, t1.stride);
        if constexpr (Groups == 2) {
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        } else {
            _tile_dpbf16ps(1, 5, 6);
            const auto t2 = weights.tile(2, c), t3 = weights.tile(3, c);
            _tile_loadd(4, t2.data, t2.stride);
            _tile_dpbf16ps(2, 4, 6);
            _tile_loadd(5, t3.data, t3.stride);
            _tile_dpbf16ps(3, 5, 6);
        }
    }
    _tile_stored(0, out, 64);
    _tile_stored(1, out + 256, 64);
    _tile_stored(2, out + 512, 64);
    _tile_stored(3, out + 768, 64);
}

/** sums[m * stride + n] = tile[n * 16 + m] for `rows` of m. */
void transposeSums(const float* tile, int64_t rows, float* sums, int64_t stride) {
    if (rows <= 4) {
        const __m512i columns =
            _mm512_slli_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 4);
        for (int64_t m = 0; m < rows; ++m)
            _mm512_storeu_ps(sums + m * stride, _mm512_i32gather_ps(columns, tile + m, 4));
        return;
    }
    __m512i r[16];
    for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(tile + i * 16);
    transpose16(r);
    for (int64_t m = 0; m < rows; ++m) _mm512_storeu_si512(sums + m * stride, r[m]);
}

/** One item of the few-rows form: all rows against the 64 columns from n0. */
template <class Weights>
void fewRowsItem(const Problem& p, Weights& weights, const char* packed, int64_t n0) {
    const MatmulArgs& args = p.args;
    const int64_t count = args.n - n0 < 64 ? args.n - n0 : 64;
    const int64_t groups = (args.m + kTileRows - 1) / kTileRows;
    alignas(64) float tiles[4 * 256];
    alignas(64) float sums[kTileRows * 2 * 64];
    for (int64_t g = 0; g < groups; g += 2) {
        const char* group = packed + g * p.chunks * kTileBytes;
        const int64_t m0 = g * kTileRows;
        const int64_t rows = args.m - m0 < 2 * kTileRows ? args.m - m0 : 2 * kTileRows;
        if (rows <= kTileRows) {
            weights.start(n0, count);
            sumWeightTiles<4, 1>(weights, group, p.chunks, tiles);
            for (int64_t t = 0; t < 4; ++t) transposeSums(tiles + t * 256, rows, sums + t * 16, 64);
        } else {
            for (int64_t half = 0; half < count; half += 32) {
                weights.start(n0 + half, count - half < 32 ? count - half : 32);
                sumWeightTiles<2, 2>(weights, group, p.chunks, tiles);
                for (int64_t t = 0; t < 2; ++t) {
                    float* to = sums + half + t * 16;
                    transposeSums(tiles + t * 512, kTileRows, to, 64);
                    transposeSums(tiles + t * 512 + 256, rows - kTileRows, to + kTileRows * 64, 64);
                }
            }
        }
        vector::finishBlock<Simd>(args, p.scales, p.batch, m0, rows, n0, count, sums, 64);
    }
}

void fewRows(const Problem& p) {
    const MatmulArgs& args = p.args;
    const int64_t groups = (args.m + kTileRows - 1) / kTileRows;
    char* packed = static_cast<char*>(scratch(ScratchSlot::Packed, groups * p.chunks * kTileBytes));
    for (int64_t g = 0; g < groups; ++g)
        for (int64_t c = 0; c < p.chunks; ++c)
            packPairs(p.a.row<BFloat16>(g * kTileRows) + c * kTileK, p.a.stride, args.m - g * kTileRows,
                      args.k - c * kTileK, packed + (g * p.chunks + c) * kTileBytes);
    publish();
    parallelRanges((args.n + 63) / 64, 1, [&](int64_t begin, int64_t end) {
        const TileScope tiles;
        visitWeights(p.weight, [&](auto& weights) {
            for (int64_t item = begin; item < end; ++item) fewRowsItem(p, weights, packed, item * 64);
        });
    });
}

/** Sums of two 16-row tiles of X against two packed 16-column tiles, as [32][32] at `out`. */
void sumInputTiles(const InputTile& x0, const InputTile& x1, const char* w0, const char* w1, int64_t chunks,
                   float* out) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    const int64_t whole = x0.last != nullptr ? chunks - 1 : chunks;
    for (int64_t c = 0; c < whole; ++c) {
        _tile_loadd(4, x0.base + c * 64, x0.stride);
        _tile_loadd(6, w0 + c * kTileBytes, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, w1 + c * kTileBytes, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, x1.base + c * 64, x1.stride);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    if (whole < chunks) {
        _tile_loadd(4, x0.last, 64);
        _tile_loadd(6, w0 + whole * kTileBytes, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, w1 + whole * kTileBytes, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, x1.last, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, out, 128);
    _tile_stored(1, out + 16, 128);
    _tile_stored(2, out + 16 * 32, 128);
    _tile_stored(3, out + 16 * 32 + 16, 128);
}

/** Rows [m0, m1) against the columns [n0, n0 + count) whose tiles are packed at `panel`. */
void panelRows(const Problem& p, const char* panel, int64_t m0, int64_t m1, int64_t n0, int64_t count) {
    alignas(64) float sums[32 * 32];
    const int64_t tileScratch = InputTile::scratchBytes(p.args.k);
    char* memory = static_cast<char*>(scratch(ScratchSlot::Score, 2 * tileScratch));
    for (int64_t m = m0; m < m1; m += 32) {
        const int64_t rows = m1 - m < 32 ? m1 - m : 32;
        const int64_t firstRows = rows < kTileRows ? rows : kTileRows;
        const InputTile x0(p.a, m, firstRows, p.args.k, memory);
        const InputTile x1(p.a, rows > kTileRows ? m + kTileRows : m,
                           rows > kTileRows ? rows - kTileRows : firstRows, p.args.k, memory + tileScratch);
        publish();
        for (int64_t n = 0; n < count; n += 32) {
            const char* w = panel + n / kTileRows * p.chunks * kTileBytes;
            sumInputTiles(x0, x1, w, w + p.chunks * kTileBytes, p.chunks, sums);
            vector::finishBlock<Simd>(p.args, p.scales, p.batch, m, rows, n0 + n,
                                      count - n < 32 ? count - n : 32, sums, 32);
        }
    }
}

void manyRows(const Problem& p) {
    const MatmulArgs& args = p.args;
    const int64_t width = parallelWidth();
    int64_t columns = kPanelBytes / (p.chunks * 64) / 32 * 32;
    const int64_t share = vector::roundUp((args.n + width - 1) / width, 32);
    columns = columns < 32 ? 32 : columns > 512 ? 512 : columns;
    if (columns > share) columns = share;
    const int64_t columnBlocks = (args.n + columns - 1) / columns;
    const int64_t rowParts = columnBlocks >= width ? 1 : (width + columnBlocks - 1) / columnBlocks;
    const int64_t rowsOfPart = vector::roundUp((args.m + rowParts - 1) / rowParts, 32);
    parallelRanges(columnBlocks * rowParts, 1, [&](int64_t begin, int64_t end) {
        const TileScope tiles;
        char* panel = static_cast<char*>(scratch(ScratchSlot::Value, columns / 16 * p.chunks * kTileBytes));
        for (int64_t item = begin; item < end; ++item) {
            const int64_t n0 = item / rowParts * columns, m0 = item % rowParts * rowsOfPart;
            const int64_t count = args.n - n0 < columns ? args.n - n0 : columns;
            const int64_t m1 = args.m - m0 < rowsOfPart ? args.m : m0 + rowsOfPart;
            if (m0 >= args.m) continue;
            packPanel(p.weight, n0, count, panel);
            publish();
            panelRows(p, panel, m0, m1, n0, count);
        }
    });
}

}  // namespace

void matmul(const MatmulArgs& args) {
    const bool quantised = args.bDtype == kInt8 || args.bDtype == kInt4;
    const bool wholeChunks = args.quantisation == nullptr || args.quantisation->groupSize % kTileK == 0;
    const bool tiled =
        args.aDtype == kBFloat16 && (args.bDtype == kBFloat16 || quantised) && wholeChunks && args.k > 0;
    if (!tiled) return avx512::matmul(args);
    if (args.m == 0 || args.n == 0) return;
    for (int64_t batch = 0; batch < args.batch; ++batch) {
        const RowMajor a = inputRows(args, batch);
        RowMajor wide{};
        if (vector::scalesColumns(args) && args.quantisation->offset != nullptr)
            wide = vector::widenedRows<Simd>(a.data, kBFloat16, 0, args.m, args.k, a.stride, 1,
                                             ScratchSlot::State);
        const Problem problem{args,
                              batch,
                              a,
                              weightSource(args, batch),
                              vector::columnScales<Simd>(args, wide, ScratchSlot::Row),
                              (args.k + kTileK - 1) / kTileK};
        if (args.m <= kFewRows)
            fewRows(problem);
        else
            manyRows(problem);
    }
}

}  // namespace hostacl::kernels::amx
