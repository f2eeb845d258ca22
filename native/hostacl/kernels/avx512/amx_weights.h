// Weights as bf16 tiles, whatever they are stored as.
#pragma once

#include "../vector/matmul_operands.h"
#include "tiles.h"

namespace hostacl::kernels::amx {
namespace {

/** One batch of B as row-major [n, k]: bf16 or int8; int4 and grouped scales are widened to bf16 beforehand.
 */
struct WeightSource {
    const MatmulArgs& args;
    int64_t batch;
    vector::RowMajor rows;  // unused when `widened`
    bool widened;           // rows have to be made by `widenRows`
};

inline WeightSource weightSource(const MatmulArgs& args, int64_t batch) {
    const bool grouped = args.quantisation != nullptr && !vector::scalesColumns(args);
    const vector::RowMajor rows =
        args.bDtype == kInt4 ? vector::RowMajor{} : vector::weightRows(args, batch, ScratchSlot::Weight);
    return {args, batch, rows, grouped || args.bDtype == kInt4};
}

/** Columns [n0, n0 + count) as bf16 [count, k] at `out`: unpacked int4, or scaled by group and rounded. */
inline void widenRows(const WeightSource& w, int64_t n0, int64_t count, BFloat16* out) {
    using avx512::Simd;
    const MatmulArgs& args = w.args;
    const int64_t k = args.k;
    int8_t* unpacked = static_cast<int8_t*>(scratch(ScratchSlot::State, k * (1 + sizeof(float))));
    float* row = reinterpret_cast<float*>(unpacked + k);
    for (int64_t c = 0; c < count; ++c) {
        const int8_t* q = unpacked;
        if (args.bDtype == kInt4)
            vector::unpackInt4<Simd>(args, w.batch, n0 + c, 1, unpacked);
        else
            q = w.rows.row<int8_t>(n0 + c);
        if (vector::scalesColumns(args))
            vector::widenRow<Simd>(q, k, row);
        else
            vector::dequantiseGroups<Simd>(*args.quantisation, n0 + c, q, k, row);
        vector::narrowRow<Simd>(row, k, out + c * k);
    }
}

struct TileAddress {
    const void* data;
    int64_t stride;
};

/** Tiles of up to 64 bf16 weight rows, in place; missing rows and the last, partial chunk of k are padded
 * copies. */
class PlainWeights {
  public:
    PlainWeights(const BFloat16* rows, int64_t stride, int64_t k) : rows_(rows), stride_(stride), k_(k) {}

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

  private:
    const BFloat16* rows_;
    const BFloat16* first_ = nullptr;
    int64_t stride_, k_, count_ = 0;
    alignas(64) char padded_[4][kTileBytes];
};

/** Tiles of up to 64 int8 weight rows, widened to bf16 as they are asked for. */
class Int8Weights {
  public:
    Int8Weights(const int8_t* rows, int64_t stride, int64_t k) : rows_(rows), stride_(stride), k_(k) {}

    void start(int64_t n0, int64_t count) {
        first_ = rows_ + n0 * stride_;
        count_ = count;
    }
    TileAddress tile(int64_t t, int64_t c) {
        copyTile(first_ + t * kTileRows * stride_ + c * kTileK, stride_, count_ - t * kTileRows,
                 k_ - c * kTileK, widened_[t]);
        publish();
        return {widened_[t], 64};
    }

  private:
    const int8_t* rows_;
    const int8_t* first_ = nullptr;
    int64_t stride_, k_, count_ = 0;
    alignas(64) char widened_[4][kTileBytes];
};

/** Tiles of up to 64 rows that `widenRows` makes when they are started. */
class WidenedWeights {
  public:
    explicit WidenedWeights(const WeightSource& source)
        : source_(source),
          memory_(static_cast<BFloat16*>(scratch(ScratchSlot::Value, 64 * source.args.k * sizeof(BFloat16)))),
          rows_(memory_, source.args.k, source.args.k) {}

    void start(int64_t n0, int64_t count) {
        widenRows(source_, n0, count, memory_);
        publish();
        rows_.start(0, count);
    }
    TileAddress tile(int64_t t, int64_t c) { return rows_.tile(t, c); }

  private:
    const WeightSource& source_;
    BFloat16* memory_;
    PlainWeights rows_;
};

/** visit(weights) with the tile source that suits the weight. */
template <class F>
inline void visitWeights(const WeightSource& w, F&& visit) {
    if (w.widened) {
        WidenedWeights weights(w);
        visit(weights);
    } else if (w.rows.dtype == kInt8) {
        Int8Weights weights(w.rows.row<int8_t>(0), w.rows.stride, w.args.k);
        visit(weights);
    } else {
        PlainWeights weights(w.rows.row<BFloat16>(0), w.rows.stride, w.args.k);
        visit(weights);
    }
}

/** Packs columns [n0, n0 + count), rounded up to 32, as B tiles [column tile][chunk of k]. */
inline void packPanel(const WeightSource& w, int64_t n0, int64_t count, char* panel) {
    const int64_t k = w.args.k, chunks = (k + kTileK - 1) / kTileK;
    const auto pack = [&](const auto* rows, int64_t stride, int64_t present, char* tiles) {
        for (int64_t c = 0; c < chunks; ++c)
            packPairs(rows + c * kTileK, stride, present, k - c * kTileK, tiles + c * kTileBytes);
    };
    for (int64_t n = 0; n < vector::roundUp(count, 32); n += kTileRows) {
        char* tiles = panel + n / kTileRows * chunks * kTileBytes;
        const int64_t present = count - n < 0 ? 0 : count - n < kTileRows ? count - n : kTileRows;
        if (w.widened) {
            BFloat16* rows =
                static_cast<BFloat16*>(scratch(ScratchSlot::Score, kTileRows * k * sizeof(BFloat16)));
            widenRows(w, n0 + n, present, rows);
            pack(rows, k, present, tiles);
        } else if (w.rows.dtype == kInt8) {
            pack(w.rows.row<int8_t>(n0 + n), w.rows.stride, present, tiles);
        } else {
            pack(w.rows.row<BFloat16>(n0 + n), w.rows.stride, present, tiles);
        }
    }
}

}  // namespace
}  // namespace hostacl::kernels::amx
