// Reads and writes strided rows of any dtype as rows of one compute type (float, double or int64_t).
#pragma once

#include "view.h"

namespace hostacl::kernels {

/** out[i] = element (offset + i * stride) of `data`. C is float, double or int64_t. */
template <class C>
void loadRow(const void* data, int dtype, int64_t offset, int64_t stride, int64_t count, C* out);

/** Element (offset + i * stride) of `data` = values[i], rounded once. */
template <class C>
void storeRow(const C* values, void* data, int dtype, int64_t offset, int64_t stride, int64_t count);

/** Element `offset` of `data` as an index; dtype kInt32 or kInt64. */
int64_t loadIndex(const void* data, int dtype, int64_t offset);

/** Address of element `offset`; not for kInt4. */
static inline void* elementAddress(const void* data, int dtype, int64_t offset) {
    return const_cast<char*>(static_cast<const char*>(data)) + offset * elementSize(dtype);
}

}  // namespace hostacl::kernels
