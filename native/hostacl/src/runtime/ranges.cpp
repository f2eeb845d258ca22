#include "runtime/ranges.h"

#include <algorithm>
#include <array>

namespace hostacl {
namespace {

constexpr int64_t kPieces = 4096;  // separate pieces of one view that are looked at

struct Axis {
    int64_t size;
    int64_t stride;  // in half bytes, so that int4 needs no case of its own
};

int64_t halfBytes(int dtype) {
    return dtype == kernels::kInt4 ? 1 : 2 * kernels::elementSize(dtype);
}

Interval fromHalfBytes(const void* data, int64_t begin, int64_t end) {
    const auto base = reinterpret_cast<uintptr_t>(data);
    return {base + static_cast<uintptr_t>(begin / 2), base + static_cast<uintptr_t>((end + 1) / 2)};
}

}  // namespace

int64_t bytesOf(int64_t count, int dtype) {
    return (count * halfBytes(dtype) + 1) / 2;
}

Interval extentOf(const kernels::View& view) {
    const int64_t unit = halfBytes(view.dtype);
    int64_t last = 0;
    for (int d = 0; d < view.rank; ++d) {
        if (view.dims[d] == 0) return fromHalfBytes(view.data, 0, 0);
        last += (view.dims[d] - 1) * view.strides[d] * unit;
    }
    return fromHalfBytes(view.data, 0, last + unit);
}

Intervals intervalsOf(const kernels::View& view) {
    const int64_t unit = halfBytes(view.dtype);
    std::vector<Axis> axes;
    for (int d = 0; d < view.rank; ++d) {
        if (view.dims[d] == 0) return {};
        if (view.dims[d] > 1 && view.strides[d] != 0) axes.push_back({view.dims[d], view.strides[d] * unit});
    }
    std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.stride < b.stride; });

    // Axes that continue the run of bytes before them, or overlap it, lengthen the run.
    int64_t run = unit;
    size_t outer = 0;
    while (outer < axes.size() && axes[outer].stride <= run) {
        run += (axes[outer].size - 1) * axes[outer].stride;
        ++outer;
    }
    int64_t pieces = 1;
    for (size_t a = outer; a < axes.size(); ++a) pieces *= axes[a].size;

    const int64_t step = std::max<int64_t>(1, (pieces + kPieces - 1) / kPieces);
    Intervals intervals;
    const auto add = [&](int64_t piece) {
        int64_t at = 0;
        for (size_t a = outer; a < axes.size(); ++a) {
            at += piece % axes[a].size * axes[a].stride;
            piece /= axes[a].size;
        }
        intervals.push_back(fromHalfBytes(view.data, at, at + run));
    };
    for (int64_t piece = 0; piece < pieces; piece += step) add(piece);
    if (step > 1) add(pieces - 1);

    std::sort(intervals.begin(), intervals.end(),
              [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
    Intervals merged;
    for (const Interval& i : intervals) {
        if (!merged.empty() && i.begin <= merged.back().end) {
            merged.back().end = std::max(merged.back().end, i.end);
        } else {
            merged.push_back(i);
        }
    }
    return merged;
}

bool overlaps(const Interval& a, const Interval& b) {
    return a.begin < b.end && b.begin < a.end;
}

bool overlaps(const Intervals& a, const Intervals& b) {
    size_t i = 0;
    size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (overlaps(a[i], b[j])) return true;
        if (a[i].end <= b[j].end) {
            ++i;
        } else {
            ++j;
        }
    }
    return false;
}

}  // namespace hostacl
