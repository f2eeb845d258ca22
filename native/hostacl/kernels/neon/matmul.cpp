#include "../vector/dot_matmul.h"
#include "neon.h"
#include "simd.h"

namespace hostacl::kernels::neon {

void matmul(const MatmulArgs& args) {
    vector::matmul<Simd>(args);
}

}  // namespace hostacl::kernels::neon
