#include "../vector/attention.h"

#include "avx512.h"
#include "simd.h"

namespace hostacl::kernels::avx512 {

bool attention(const AttentionArgs& args) {
    return vector::attention<Simd>(args);
}

}  // namespace hostacl::kernels::avx512
