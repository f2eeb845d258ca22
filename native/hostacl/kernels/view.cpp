#include "view.h"

namespace hostacl::kernels {

int64_t elementSize(int dtype) {
    switch (dtype) {
        case kInt8:
        case kUInt8:
        case kBool:
            return 1;
        case kFloat16:
        case kBFloat16:
        case kInt16:
        case kUInt16:
            return 2;
        case kFloat32:
        case kInt32:
        case kUInt32:
            return 4;
        case kInt64:
        case kUInt64:
        case kFloat64:
            return 8;
        default:
            return 0;
    }
}

bool isFloating(int dtype) {
    return dtype == kFloat32 || dtype == kFloat16 || dtype == kBFloat16 || dtype == kFloat64;
}

int64_t elementCount(const View& view) {
    int64_t count = 1;
    for (int d = 0; d < view.rank; ++d) count *= view.dims[d];
    return count;
}

bool isContiguous(const View& view) {
    int64_t expected = 1;
    for (int d = view.rank - 1; d >= 0; --d) {
        if (view.dims[d] != 1 && view.strides[d] != expected) return false;
        expected *= view.dims[d];
    }
    return true;
}

View broadcastTo(const View& view, int rank, const int64_t* dims) {
    View result = view;
    result.rank = rank;
    const int lead = rank - view.rank;
    for (int d = 0; d < rank; ++d) {
        const bool repeats = d < lead || (view.dims[d - lead] == 1 && dims[d] != 1);
        result.dims[d] = dims[d];
        result.strides[d] = repeats ? 0 : view.strides[d - lead];
    }
    return result;
}

}  // namespace hostacl::kernels
