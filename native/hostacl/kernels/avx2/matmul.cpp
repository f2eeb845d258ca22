#include "../vector/dot_matmul.h"
#include "avx2.h"
#include "simd.h"

namespace hostacl::kernels::avx2 {

void matmul(const MatmulArgs& args) {
    vector::matmul<Simd>(args);
}

}  // namespace hostacl::kernels::avx2
