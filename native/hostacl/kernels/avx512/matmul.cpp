#include "../vector/dot_matmul.h"
#include "avx512.h"
#include "simd.h"

namespace hostacl::kernels::avx512 {

void matmul(const MatmulArgs& args) {
    vector::matmul<Simd>(args);
}

}  // namespace hostacl::kernels::avx512
