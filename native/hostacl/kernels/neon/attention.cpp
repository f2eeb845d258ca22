#include "../vector/attention.h"

#include "neon.h"
#include "simd.h"

namespace hostacl::kernels::neon {

bool attention(const AttentionArgs& args) {
    return vector::attention<Simd>(args);
}

}  // namespace hostacl::kernels::neon
