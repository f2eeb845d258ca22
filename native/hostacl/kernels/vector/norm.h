// Layer and RMS normalisation, one row at a time.
#pragma once

#include <cmath>

#include "../parallel.h"
#include "../scratch.h"
#include "rows.h"

namespace hostacl::kernels::vector {
namespace {

/** Sum over i of f(row[i]) in four interleaved accumulators; f maps lanes beyond `count`, which hold 0, to 0.
 */
template <class Simd, class Map>
inline float sumOf(const float* row, int64_t count, Map&& map) {
    using F = typename Simd::F;
    F sums[4] = {Simd::zero(), Simd::zero(), Simd::zero(), Simd::zero()};
    int64_t i = 0;
    for (; i + 4 * Simd::kLanes <= count; i += 4 * Simd::kLanes)
        for (int j = 0; j < 4; ++j) sums[j] = Simd::add(sums[j], map(Simd::load(row + i + j * Simd::kLanes)));
    for (; i + Simd::kLanes <= count; i += Simd::kLanes)
        sums[0] = Simd::add(sums[0], map(Simd::load(row + i)));
    float tail = 0;
    if (i < count) {
        alignas(64) float rest[Simd::kLanes];
        Simd::store(rest, map(Simd::loadPart(row + i, count - i)));
        for (int64_t j = 0; j < count - i; ++j) tail += rest[j];
    }
    return Simd::sum(Simd::add(Simd::add(sums[0], sums[1]), Simd::add(sums[2], sums[3]))) + tail;
}

/** A parameter row as fp32 in `out`, or `absent` everywhere; room for whole vectors. */
template <class Simd>
inline const float* parameterRow(const void* data, int dtype, int64_t width, float absent, float* out) {
    if (data != nullptr)
        load<Simd>(data, dtype, 0, 1, width, out);
    else
        for (int64_t i = 0; i < width; ++i) out[i] = absent;
    return out;
}

template <class Simd>
inline void layerNorm(const LayerNormArgs& args) {
    using F = typename Simd::F;
    const View &x = args.x, &out = args.out;
    const int64_t rows = x.dims[0], width = x.dims[1], padded = (width + 63) / 64 * 64;
    float* parameters = static_cast<float*>(scratch(ScratchSlot::Weight, 2 * padded * sizeof(float)));
    const float* weight = parameterRow<Simd>(args.weight, args.weightDtype, width, 1, parameters);
    const float* bias = parameterRow<Simd>(args.bias, args.weightDtype, width, 0, parameters + padded);
    parallelRanges(rows, 1 + 8192 / (width + 1), [&](int64_t begin, int64_t end) {
        float* row = static_cast<float*>(scratch(ScratchSlot::Row, padded * sizeof(float)));
        for (int64_t r = begin; r < end; ++r) {
            load<Simd>(x.data, x.dtype, r * x.strides[0], x.strides[1], width, row);
            const float mean = sumOf<Simd>(row, width, [](F v) { return v; }) / static_cast<float>(width);
            const F means = Simd::set(mean);
            const float squares = sumOf<Simd>(row, width, [&](F v) {
                const F deviation = Simd::sub(v, means);
                return Simd::mul(deviation, deviation);
            });
            const float variance = squares / static_cast<float>(width);
            const float rstd = 1 / std::sqrt(variance + static_cast<float>(args.epsilon));
            const F scale = Simd::set(rstd);
            for (int64_t i = 0; i < width; i += Simd::kLanes) {
                const F normal = Simd::mul(Simd::sub(Simd::load(row + i), means), scale);
                Simd::store(row + i, Simd::fma(normal, Simd::load(weight + i), Simd::load(bias + i)));
            }
            store<Simd>(row, out.data, out.dtype, r * out.strides[0], out.strides[1], width);
            if (args.mean != nullptr) args.mean[r] = mean;
            if (args.rstd != nullptr) args.rstd[r] = rstd;
        }
    });
}

template <class Simd>
inline void rmsNorm(const RmsNormArgs& args) {
    using F = typename Simd::F;
    const View &x = args.x, &residual = args.residual, &total = args.sum, &out = args.out;
    const int64_t rows = x.dims[0], width = x.dims[1], padded = (width + 63) / 64 * 64;
    float* parameters = static_cast<float*>(scratch(ScratchSlot::Weight, padded * sizeof(float)));
    const float* gamma = parameterRow<Simd>(args.gamma, args.gammaDtype, width, 1, parameters);
    parallelRanges(rows, 1 + 8192 / (width + 1), [&](int64_t begin, int64_t end) {
        float* row = static_cast<float*>(scratch(ScratchSlot::Row, 2 * padded * sizeof(float)));
        float* added = row + padded;
        for (int64_t r = begin; r < end; ++r) {
            load<Simd>(x.data, x.dtype, r * x.strides[0], x.strides[1], width, row);
            if (residual.data != nullptr) {
                load<Simd>(residual.data, residual.dtype, r * residual.strides[0], residual.strides[1], width,
                           added);
                for (int64_t i = 0; i < width; i += Simd::kLanes)
                    Simd::store(row + i, Simd::add(Simd::load(row + i), Simd::load(added + i)));
                store<Simd>(row, added, x.dtype, 0, 1, width);  // the sum as x's dtype holds it
                load<Simd>(added, x.dtype, 0, 1, width, row);
                if (total.data != nullptr)
                    store<Simd>(row, total.data, total.dtype, r * total.strides[0], total.strides[1], width);
            }
            const float squares = sumOf<Simd>(row, width, [](F v) { return Simd::mul(v, v); });
            const float rstd =
                1 / std::sqrt(squares / static_cast<float>(width) + static_cast<float>(args.epsilon));
            const F scale = Simd::set(rstd);
            for (int64_t i = 0; i < width; i += Simd::kLanes)
                Simd::store(row + i, Simd::mul(Simd::mul(Simd::load(row + i), scale), Simd::load(gamma + i)));
            store<Simd>(row, out.data, out.dtype, r * out.strides[0], out.strides[1], width);
            if (args.rstd != nullptr) args.rstd[r] = rstd;
        }
    });
}

}  // namespace
}  // namespace hostacl::kernels::vector
