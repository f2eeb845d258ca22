#include <algorithm>
#include <numeric>
#include <vector>

#include "../axis_rows.h"
#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

/** Strict order "a comes before b" with NaN as the largest value. */
template <class C>
bool greater(C a, C b) {
    if (a != a) return b == b;
    return a > b;
}

template <class C>
void argMaxAs(const ArgMaxArgs& args) {
    const View &self = args.self, &out = args.out;
    const AxisRows space(self, args.dim);
    const int64_t width = self.rank == 0 ? 1 : self.dims[args.dim];
    const int64_t stride = self.rank == 0 ? 1 : self.strides[args.dim];
    if (width == 0) return;
    parallelRanges(space.rows, 1, [&](int64_t begin, int64_t end) {
        std::vector<C> row(width);
        for (int64_t r = begin; r < end; ++r) {
            loadRow(self.data, self.dtype, space.offset(self, r), stride, width, row.data());
            int64_t best = 0;
            for (int64_t i = 1; i < width; ++i)
                if (greater(row[i], row[best])) best = i;
            storeRow(&best, out.data, out.dtype, space.offset(out, r), 1, 1);
        }
    });
}

template <class C>
void topKAs(const TopKArgs& args) {
    const View& self = args.self;
    const AxisRows space(self, args.dim);
    const int64_t width = self.rank == 0 ? 1 : self.dims[args.dim];
    const int64_t stride = self.rank == 0 ? 1 : self.strides[args.dim];
    const int64_t valueStride = self.rank == 0 ? 1 : args.values.strides[args.dim];
    const int64_t indexStride = self.rank == 0 ? 1 : args.indices.strides[args.dim];
    parallelRanges(space.rows, 1, [&](int64_t begin, int64_t end) {
        std::vector<C> row(width), values(args.k);
        std::vector<int64_t> order(width);
        for (int64_t r = begin; r < end; ++r) {
            loadRow(self.data, self.dtype, space.offset(self, r), stride, width, row.data());
            std::iota(order.begin(), order.end(), int64_t{0});
            const auto before = [&](int64_t a, int64_t b) {
                if (args.largest ? greater(row[a], row[b]) : greater(row[b], row[a])) return true;
                if (args.largest ? greater(row[b], row[a]) : greater(row[a], row[b])) return false;
                return a < b;
            };
            std::partial_sort(order.begin(), order.begin() + args.k, order.end(), before);
            for (int64_t i = 0; i < args.k; ++i) values[i] = row[order[i]];
            storeRow(values.data(), args.values.data, args.values.dtype, space.offset(args.values, r),
                     valueStride, args.k);
            storeRow(order.data(), args.indices.data, args.indices.dtype, space.offset(args.indices, r),
                     indexStride, args.k);
        }
    });
}

}  // namespace

void argMax(const ArgMaxArgs& args) {
    if (args.self.dtype == kFloat64)
        argMaxAs<double>(args);
    else if (isFloating(args.self.dtype))
        argMaxAs<float>(args);
    else
        argMaxAs<int64_t>(args);
}

void topK(const TopKArgs& args) {
    if (args.self.dtype == kFloat64)
        topKAs<double>(args);
    else if (isFloating(args.self.dtype))
        topKAs<float>(args);
    else
        topKAs<int64_t>(args);
}

}  // namespace hostacl::kernels::scalar
