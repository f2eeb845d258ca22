// Rotary position embedding, half rotation; the interleaved form is the scalar set's.
#pragma once

#include <atomic>

#include "../parallel.h"
#include "../scalar/scalar.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/** Wider heads are left to the scalar set: three rows of this size live on the stack. */
constexpr int64_t kWidestHead = 1024;

template <class Simd>
inline bool rope(const RopeArgs& args) {
    using F = typename Simd::F;
    const View &x = args.x, &out = args.out;
    const int64_t width = x.dims[3], half = args.rotaryDim / 2;
    if (args.interleaved || width > kWidestHead || half % Simd::kLanes != 0) return scalar::rope(args);
    const int64_t tableWidth = args.halfTables ? half : args.rotaryDim, second = args.halfTables ? 0 : half;
    std::atomic<bool> valid{true};
    parallelRanges(
        x.dims[0] * x.dims[1], 1 + 16384 / (x.dims[2] * width + 1), [&](int64_t begin, int64_t end) {
            alignas(64) float row[kWidestHead], cos[kWidestHead], sin[kWidestHead];
            for (int64_t r = begin; r < end; ++r) {
                const int64_t b = r % x.dims[1], a = r / x.dims[1];
                int64_t position = a;
                if (args.positions.data != nullptr) {
                    position =
                        loadIndex(args.positions.data, args.positions.dtype, a * args.positions.strides[0]);
                    if (position < 0 || position >= args.cos.dims[0]) {
                        valid = false;
                        continue;
                    }
                }
                for (int64_t c = 0; c < x.dims[2]; ++c) {
                    const auto at = [&](const View& view, int64_t first) {
                        return first * view.strides[0] + b * view.strides[1] + c * view.strides[2];
                    };
                    if (c == 0 || args.cos.strides[2] != 0 || args.sin.strides[2] != 0) {
                        const View &cosView = args.cos, &sinView = args.sin;
                        load<Simd>(cosView.data, cosView.dtype, at(cosView, position), cosView.strides[3],
                                   tableWidth, cos);
                        load<Simd>(sinView.data, sinView.dtype, at(sinView, position), sinView.strides[3],
                                   tableWidth, sin);
                    }
                    load<Simd>(x.data, x.dtype, at(x, a), x.strides[3], width, row);
                    for (int64_t i = 0; i < half; i += Simd::kLanes) {
                        const F low = Simd::load(row + i), high = Simd::load(row + half + i);
                        const F turned = Simd::mul(low, Simd::load(cos + i));
                        Simd::store(row + i, Simd::fnma(high, Simd::load(sin + i), turned));
                        const F other = Simd::mul(high, Simd::load(cos + second + i));
                        Simd::store(row + half + i, Simd::fma(low, Simd::load(sin + second + i), other));
                    }
                    store<Simd>(row, out.data, out.dtype, at(out, a), out.strides[3], width);
                }
            }
        });
    return valid;
}

}  // namespace
}  // namespace hostacl::kernels::vector
