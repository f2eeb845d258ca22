#include "aclnn/shapes.h"

#include <algorithm>

#include "runtime/ranges.h"

namespace hostacl {
namespace {

// Order of promotion within a category.
int integerOrder(int dtype) {
    switch (dtype) {
        case ACL_BOOL:
            return 0;
        case ACL_UINT8:
            return 1;
        case ACL_INT8:
            return 2;
        case ACL_INT16:
            return 3;
        case ACL_INT32:
            return 4;
        default:
            return 5;
    }
}

}  // namespace

Dims broadcast(const Plan& plan, const kernels::View& a, const kernels::View& b) {
    Dims dims;
    dims.rank = std::max(a.rank, b.rank);
    for (int d = 0; d < dims.rank; ++d) {
        const int x = d - (dims.rank - a.rank);
        const int y = d - (dims.rank - b.rank);
        const int64_t m = x < 0 ? 1 : a.dims[x];
        const int64_t n = y < 0 ? 1 : b.dims[y];
        REQUIRE(plan, m == n || m == 1 || n == 1, "shapes %s and %s do not broadcast", shapeOf(a).c_str(),
                shapeOf(b).c_str());
        dims.sizes[d] = m == 1 ? n : m;
    }
    return dims;
}

void requireDims(const Plan& plan, const Argument& out, const Dims& dims, const char* what) {
    kernels::View expected;
    expected.rank = dims.rank;
    std::copy(dims.sizes, dims.sizes + dims.rank, expected.dims);
    REQUIRE(plan, out.rank() == dims.rank && std::equal(dims.sizes, dims.sizes + dims.rank, out.view().dims),
            "%s has shape %s; expected %s", what, shapeOf(out.view()).c_str(), shapeOf(expected).c_str());
}

void requireBroadcastable(const Plan& plan, const kernels::View& view, const kernels::View& to,
                          const char* what) {
    bool fits = view.rank <= to.rank;
    for (int d = 0; fits && d < view.rank; ++d) {
        fits = view.dims[d] == 1 || view.dims[d] == to.dims[d + to.rank - view.rank];
    }
    REQUIRE(plan, fits, "%s of shape %s does not broadcast to %s", what, shapeOf(view).c_str(),
            shapeOf(to).c_str());
}

int promote(int a, int b) {
    if (a == b) return a;
    const bool floatA = kernels::isFloating(a);
    const bool floatB = kernels::isFloating(b);
    if (floatA != floatB) return floatA ? a : b;
    if (floatA) return a == ACL_DOUBLE || b == ACL_DOUBLE ? ACL_DOUBLE : ACL_FLOAT;
    if ((a == ACL_UINT8 && b == ACL_INT8) || (a == ACL_INT8 && b == ACL_UINT8)) return ACL_INT16;
    return integerOrder(a) > integerOrder(b) ? a : b;
}

void requireCastable(const Plan& plan, int from, int to, const char* what) {
    REQUIRE(plan, !kernels::isFloating(from) || kernels::isFloating(to), "%s is %s, but the result is %s",
            what, nameOf(to), nameOf(from));
}

bool asRows(const kernels::View& view, int axes, kernels::View& rows) {
    const int lead = view.rank - axes;
    int64_t width = 1;
    for (int d = view.rank - 1; d >= lead; --d) {
        if (view.dims[d] != 1 && view.strides[d] != width) return false;
        width *= view.dims[d];
    }
    int64_t count = 1;
    int64_t stride = width;
    for (int d = lead - 1; d >= 0; --d) {
        if (view.dims[d] == 1) continue;
        if (count == 1) {
            stride = view.strides[d];
        } else if (view.strides[d] != stride * count) {
            return false;
        }
        count *= view.dims[d];
    }
    rows = {};
    rows.data = view.data;
    rows.dtype = view.dtype;
    rows.rank = 2;
    rows.dims[0] = count;
    rows.dims[1] = width;
    rows.strides[0] = stride;
    rows.strides[1] = 1;
    return true;
}

kernels::View contiguousAt(const kernels::View& view, void* address) {
    kernels::View result = view;
    result.data = address;
    int64_t stride = 1;
    for (int d = view.rank - 1; d >= 0; --d) {
        result.strides[d] = stride;
        stride *= view.dims[d];
    }
    return result;
}

kernels::View window(const kernels::View& view, int axis, int64_t start, int64_t size, int64_t step) {
    kernels::View result = view;
    result.data = static_cast<uint8_t*>(view.data) + bytesOf(start * view.strides[axis], view.dtype);
    result.dims[axis] = size;
    result.strides[axis] *= step;
    return result;
}

}  // namespace hostacl
