// Walks several strided operands of equal dims row by row, in parallel.
#pragma once

#include <cstdint>

#include "parallel.h"
#include "view.h"

namespace hostacl::kernels {
namespace {

/**
 * The common index space of N operands as rows over the innermost axis. Axes that are contiguous in every
 * operand are merged first, so fully contiguous operands are a single row.
 */
template <int N>
struct StridedRows {
    int64_t rows = 1;
    int64_t length = 1;
    int64_t inner[N] = {};  // strides along a row
    int outerRank = 0;
    int64_t outerDims[kMaxRank] = {};
    int64_t outer[kMaxRank][N] = {};

    explicit StridedRows(const View* const (&operands)[N]) {
        const View& first = *operands[0];
        int64_t dims[kMaxRank];
        int64_t strides[kMaxRank][N];
        int rank = 0;
        for (int d = 0; d < first.rank; ++d) {
            if (first.dims[d] == 1) continue;
            bool merges = rank > 0;
            for (int i = 0; merges && i < N; ++i)
                merges = strides[rank - 1][i] == operands[i]->strides[d] * first.dims[d];
            const int at = merges ? rank - 1 : rank++;
            dims[at] = merges ? dims[at] * first.dims[d] : first.dims[d];
            for (int i = 0; i < N; ++i) strides[at][i] = operands[i]->strides[d];
        }
        if (rank == 0) return;
        length = dims[rank - 1];
        for (int i = 0; i < N; ++i) inner[i] = strides[rank - 1][i];
        outerRank = rank - 1;
        for (int d = 0; d < outerRank; ++d) {
            outerDims[d] = dims[d];
            rows *= dims[d];
            for (int i = 0; i < N; ++i) outer[d][i] = strides[d][i];
        }
    }
};

/** Calls body(offsets, count) for pieces of at most `piece` elements that cover the space. */
template <int N, class Body>
inline void forEachPiece(const StridedRows<N>& space, int64_t piece, Body&& body) {
    if (space.rows == 0 || space.length == 0) return;
    const int64_t perRow = (space.length + piece - 1) / piece;
    const int64_t grain = space.length >= piece ? 4 : 4 * piece / space.length;
    parallelRanges(space.rows * perRow, grain, [&](int64_t begin, int64_t end) {
        int64_t index[kMaxRank];
        int64_t offsets[N] = {};
        int64_t row = begin / perRow, part = begin % perRow;
        for (int d = space.outerRank - 1; d >= 0; --d) {
            index[d] = row % space.outerDims[d];
            row /= space.outerDims[d];
            for (int i = 0; i < N; ++i) offsets[i] += index[d] * space.outer[d][i];
        }
        for (int64_t item = begin; item < end; ++item) {
            const int64_t start = part * piece;
            const int64_t left = space.length - start;
            int64_t at[N];
            for (int i = 0; i < N; ++i) at[i] = offsets[i] + start * space.inner[i];
            body(at, left < piece ? left : piece);
            if (++part < perRow) continue;
            part = 0;
            for (int d = space.outerRank - 1; d >= 0; --d) {
                for (int i = 0; i < N; ++i) offsets[i] += space.outer[d][i];
                if (++index[d] < space.outerDims[d]) break;
                for (int i = 0; i < N; ++i) offsets[i] -= space.outerDims[d] * space.outer[d][i];
                index[d] = 0;
            }
        }
    });
}

}  // namespace
}  // namespace hostacl::kernels
