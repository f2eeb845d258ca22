#include <cmath>
#include <vector>

#include "../axis_rows.h"
#include "../parallel.h"
#include "../row_io.h"
#include "scalar.h"

namespace hostacl::kernels::scalar {
namespace {

/** The dims and strides of `view` on the axes whose bit in `axes` equals `wanted`. */
View selectAxes(const View& view, uint32_t axes, bool wanted) {
    View part = view;
    part.rank = 0;
    for (int d = 0; d < view.rank; ++d) {
        if (((axes >> d & 1) != 0) != wanted) continue;
        part.dims[part.rank] = view.dims[d];
        part.strides[part.rank++] = view.strides[d];
    }
    return part;
}

template <class C>
C larger(C a, C b) {
    if (a != a) return a;
    return b > a || b != b ? b : a;
}

/** Sums in fp64 keep the order of the axes from mattering; integers are exact. */
template <class C>
void reduceAs(const ReduceArgs& args) {
    const View kept = selectAxes(args.self, args.axes, false), out = selectAxes(args.out, args.axes, false);
    const View reduced = selectAxes(args.self, args.axes, true);
    const AxisRows outputs(kept, -1);
    const int64_t last = reduced.rank - 1;
    const int64_t length = reduced.rank == 0 ? 1 : reduced.dims[last];
    const int64_t stride = reduced.rank == 0 ? 1 : reduced.strides[last];
    const AxisRows rows(reduced, static_cast<int>(last));
    parallelRanges(outputs.rows, 16, [&](int64_t begin, int64_t end) {
        std::vector<C> row(length);
        for (int64_t o = begin; o < end; ++o) {
            C result = 0;
            bool empty = true;
            for (int64_t r = 0; r < rows.rows; ++r) {
                loadRow(args.self.data, args.self.dtype, outputs.offset(kept, o) + rows.offset(reduced, r),
                        stride, length, row.data());
                for (C value : row) {
                    if (args.op == ReduceOp::Sum)
                        result += value;
                    else
                        result = empty ? value : larger(result, value);
                    empty = false;
                }
            }
            storeRow(&result, args.out.data, args.out.dtype, outputs.offset(out, o), 1, 1);
        }
    });
}

template <class C>
void cumsumAs(const CumsumArgs& args) {
    const View &self = args.self, &out = args.out;
    const AxisRows space(self, args.dim);
    const int64_t width = self.rank == 0 ? 1 : self.dims[args.dim];
    parallelRanges(space.rows, 16, [&](int64_t begin, int64_t end) {
        std::vector<C> row(width);
        for (int64_t r = begin; r < end; ++r) {
            loadRow(self.data, self.dtype, space.offset(self, r), self.strides[args.dim], width, row.data());
            for (int64_t i = 1; i < width; ++i) row[i] += row[i - 1];
            storeRow(row.data(), out.data, out.dtype, space.offset(out, r), out.strides[args.dim], width);
        }
    });
}

}  // namespace

void reduce(const ReduceArgs& args) {
    if (isFloating(args.self.dtype))
        reduceAs<double>(args);
    else
        reduceAs<int64_t>(args);
}

void cumsum(const CumsumArgs& args) {
    if (isFloating(args.self.dtype))
        cumsumAs<double>(args);
    else
        cumsumAs<int64_t>(args);
}

}  // namespace hostacl::kernels::scalar
