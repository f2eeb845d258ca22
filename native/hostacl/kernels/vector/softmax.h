// Softmax and log-softmax along one axis.
#pragma once

#include <cmath>

#include "../axis_rows.h"
#include "../scalar/scalar.h"
#include "math.h"
#include "norm.h"

namespace hostacl::kernels::vector {
namespace {

template <class Simd>
inline float largestOf(const float* row, int64_t count) {
    typename Simd::F best = Simd::set(-__builtin_inff());
    int64_t i = 0;
    for (; i + Simd::kLanes <= count; i += Simd::kLanes) best = Simd::max(Simd::load(row + i), best);
    float result = Simd::largest(best);
    for (; i < count; ++i) result = row[i] > result ? row[i] : result;
    return result;
}

template <class Simd>
inline void softmax(const SoftmaxArgs& args) {
    using F = typename Simd::F;
    const View &self = args.self, &out = args.out;
    if (self.rank == 0 || self.dtype == kFloat64 || out.dtype == kFloat64) return scalar::softmax(args);
    const AxisRows space(self, args.dim);
    const int64_t width = self.dims[args.dim];
    if (width == 0) return;
    parallelRanges(space.rows, 1 + 4096 / width, [&](int64_t begin, int64_t end) {
        float* row = static_cast<float*>(scratch(ScratchSlot::Row, (width + 64) * sizeof(float)));
        for (int64_t r = begin; r < end; ++r) {
            load<Simd>(self.data, self.dtype, space.offset(self, r), self.strides[args.dim], width, row);
            const F largest = Simd::set(largestOf<Simd>(row, width));
            // Lanes beyond the row must add nothing to the sum: e^-infinity.
            for (int64_t i = width; i % Simd::kLanes != 0; ++i) row[i] = -__builtin_inff();
            F sums[2] = {Simd::zero(), Simd::zero()};
            for (int64_t i = 0, j = 0; i < width; i += Simd::kLanes, j ^= 1) {
                const F shifted = Simd::sub(Simd::load(row + i), largest);
                const F grown = exp<Simd>(shifted);
                sums[j] = Simd::add(sums[j], grown);
                Simd::store(row + i, args.logarithm ? shifted : grown);
            }
            const float sum = Simd::sum(Simd::add(sums[0], sums[1]));
            const F divisor = Simd::set(args.logarithm ? std::log(sum) : sum);
            for (int64_t i = 0; i < width; i += Simd::kLanes) {
                const F value = Simd::load(row + i);
                Simd::store(row + i, args.logarithm ? Simd::sub(value, divisor) : Simd::div(value, divisor));
            }
            store<Simd>(row, out.data, out.dtype, space.offset(out, r), out.strides[args.dim], width);
        }
    });
}

}  // namespace
}  // namespace hostacl::kernels::vector
