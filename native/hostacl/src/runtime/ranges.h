// The bytes that a piece of work touches, as sorted disjoint intervals: exact for strided views.
#pragma once

#include <cstdint>
#include <vector>

#include "view.h"

namespace hostacl {

/** Bytes [begin, end). */
struct Interval {
    uintptr_t begin = 0;
    uintptr_t end = 0;
};

/** Sorted, disjoint, not empty. */
using Intervals = std::vector<Interval>;

/** First to last byte that the view can touch; empty (begin == end) for a view without elements. */
Interval extentOf(const kernels::View& view);

/**
 * The bytes of the view's elements. Views of very many separate pieces are sampled, so that every interval
 * returned is really touched: an overlap that is found is one, though some may be missed.
 */
Intervals intervalsOf(const kernels::View& view);

bool overlaps(const Interval& a, const Interval& b);
bool overlaps(const Intervals& a, const Intervals& b);

/** Bytes of `count` elements of the dtype, int4 included. */
int64_t bytesOf(int64_t count, int dtype);

}  // namespace hostacl
