// Rows of fp32, bf16 or fp16 to and from fp32 buffers.
#pragma once

#include "../number.h"
#include "../row_io.h"
#include "../view.h"

namespace hostacl::kernels::vector {
namespace {

template <class Simd, class T>
inline void widenRow(const T* from, int64_t count, float* out) {
    int64_t i = 0;
    for (; i + Simd::kLanes <= count; i += Simd::kLanes) Simd::store(out + i, Simd::load(from + i));
    if (i < count) Simd::storePart(out + i, Simd::loadPart(from + i, count - i), count - i);
}

template <class Simd, class T>
inline void narrowRow(const float* values, int64_t count, T* to) {
    int64_t i = 0;
    for (; i + Simd::kLanes <= count; i += Simd::kLanes) Simd::store(to + i, Simd::load(values + i));
    if (i < count) Simd::storePart(to + i, Simd::loadPart(values + i, count - i), count - i);
}

/** loadRow<float> of row_io.h, vectorised for contiguous and repeated float elements. */
template <class Simd>
inline void load(const void* data, int dtype, int64_t offset, int64_t stride, int64_t count, float* out) {
    if (stride == 0 && count > 1) {
        loadRow(data, dtype, offset, 0, 1, out);
        for (int64_t i = 1; i < count; ++i) out[i] = out[0];
    } else if (stride != 1) {
        loadRow(data, dtype, offset, stride, count, out);
    } else if (dtype == kFloat32) {
        widenRow<Simd>(static_cast<const float*>(data) + offset, count, out);
    } else if (dtype == kBFloat16) {
        widenRow<Simd>(static_cast<const BFloat16*>(data) + offset, count, out);
    } else if (dtype == kFloat16) {
        widenRow<Simd>(static_cast<const Float16*>(data) + offset, count, out);
    } else if (dtype == kInt8) {
        widenRow<Simd>(static_cast<const int8_t*>(data) + offset, count, out);
    } else {
        loadRow(data, dtype, offset, stride, count, out);
    }
}

/** storeRow<float> of row_io.h, vectorised for contiguous float elements. */
template <class Simd>
inline void store(const float* values, void* data, int dtype, int64_t offset, int64_t stride, int64_t count) {
    if (stride != 1) {
        storeRow(values, data, dtype, offset, stride, count);
    } else if (dtype == kFloat32) {
        narrowRow<Simd>(values, count, static_cast<float*>(data) + offset);
    } else if (dtype == kBFloat16) {
        narrowRow<Simd>(values, count, static_cast<BFloat16*>(data) + offset);
    } else if (dtype == kFloat16) {
        narrowRow<Simd>(values, count, static_cast<Float16*>(data) + offset);
    } else {
        storeRow(values, data, dtype, offset, stride, count);
    }
}

}  // namespace
}  // namespace hostacl::kernels::vector
