#include "../vector/norm.h"
#include "../vector/rope.h"
#include "../vector/softmax.h"
#include "avx2.h"
#include "simd.h"

namespace hostacl::kernels::avx2 {

void layerNorm(const LayerNormArgs& args) {
    vector::layerNorm<Simd>(args);
}

void rmsNorm(const RmsNormArgs& args) {
    vector::rmsNorm<Simd>(args);
}

void softmax(const SoftmaxArgs& args) {
    vector::softmax<Simd>(args);
}

bool rope(const RopeArgs& args) {
    return vector::rope<Simd>(args);
}

}  // namespace hostacl::kernels::avx2
