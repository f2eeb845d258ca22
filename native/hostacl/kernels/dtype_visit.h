// Calls a generic function with the storage type of a dtype.
#pragma once

#include "number.h"
#include "view.h"

namespace hostacl::kernels {
namespace {

template <class T>
struct TypeTag {
    using Type = T;
};

/** visit(TypeTag<T>{}) with T the storage type of `dtype`; nothing for kInt4 and unknown types. */
template <class F>
inline void visitDtype(int dtype, F&& visit) {
    switch (dtype) {
        case kFloat32:
            return visit(TypeTag<float>{});
        case kFloat16:
            return visit(TypeTag<Float16>{});
        case kBFloat16:
            return visit(TypeTag<BFloat16>{});
        case kFloat64:
            return visit(TypeTag<double>{});
        case kInt8:
            return visit(TypeTag<int8_t>{});
        case kUInt8:
            return visit(TypeTag<uint8_t>{});
        case kInt16:
            return visit(TypeTag<int16_t>{});
        case kUInt16:
            return visit(TypeTag<uint16_t>{});
        case kInt32:
            return visit(TypeTag<int32_t>{});
        case kUInt32:
            return visit(TypeTag<uint32_t>{});
        case kInt64:
            return visit(TypeTag<int64_t>{});
        case kUInt64:
            return visit(TypeTag<uint64_t>{});
        case kBool:
            return visit(TypeTag<Bool>{});
        default:
            return;
    }
}

}  // namespace
}  // namespace hostacl::kernels
