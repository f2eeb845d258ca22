// parallelFor with a lambda.
#pragma once

#include <type_traits>

#include "kernels.h"

namespace hostacl::kernels {
namespace {

/** body(begin, end) on disjoint ranges covering [0, count); see parallelFor. */
template <class Body>
inline void parallelRanges(int64_t count, int64_t grain, Body&& body) {
    using Function = std::remove_reference_t<Body>;
    if (count <= 0) return;
    parallelFor(
        count, grain < 1 ? 1 : grain,
        [](void* context, int64_t begin, int64_t end) { (*static_cast<Function*>(context))(begin, end); },
        &body);
}

}  // namespace
}  // namespace hostacl::kernels
