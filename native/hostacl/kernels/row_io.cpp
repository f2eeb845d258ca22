#include "row_io.h"

#include "dtype_visit.h"

namespace hostacl::kernels {

template <class C>
void loadRow(const void* data, int dtype, int64_t offset, int64_t stride, int64_t count, C* out) {
    visitDtype(dtype, [&]<class T>(TypeTag<T>) {
        const T* from = static_cast<const T*>(data) + offset;
        for (int64_t i = 0; i < count; ++i) out[i] = fromStorage<C>(from[i * stride]);
    });
}

template <class C>
void storeRow(const C* values, void* data, int dtype, int64_t offset, int64_t stride, int64_t count) {
    visitDtype(dtype, [&]<class T>(TypeTag<T>) {
        T* to = static_cast<T*>(data) + offset;
        for (int64_t i = 0; i < count; ++i) to[i * stride] = toStorage<T>(values[i]);
    });
}

template void loadRow(const void*, int, int64_t, int64_t, int64_t, float*);
template void loadRow(const void*, int, int64_t, int64_t, int64_t, double*);
template void loadRow(const void*, int, int64_t, int64_t, int64_t, int64_t*);
template void storeRow(const float*, void*, int, int64_t, int64_t, int64_t);
template void storeRow(const double*, void*, int, int64_t, int64_t, int64_t);
template void storeRow(const int64_t*, void*, int, int64_t, int64_t, int64_t);

int64_t loadIndex(const void* data, int dtype, int64_t offset) {
    return dtype == kInt32 ? static_cast<const int32_t*>(data)[offset]
                           : static_cast<const int64_t*>(data)[offset];
}

}  // namespace hostacl::kernels
