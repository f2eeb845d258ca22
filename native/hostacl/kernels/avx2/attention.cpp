#include "../vector/attention.h"

#include "avx2.h"
#include "simd.h"

namespace hostacl::kernels::avx2 {

bool attention(const AttentionArgs& args) {
    return vector::attention<Simd>(args);
}

}  // namespace hostacl::kernels::avx2
