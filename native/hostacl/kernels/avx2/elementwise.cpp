#include "../vector/elementwise.h"

#include "avx2.h"
#include "simd.h"

namespace hostacl::kernels::avx2 {

void unary(const UnaryArgs& args) {
    vector::unary<Simd>(args);
}

void binary(const BinaryArgs& args) {
    vector::binary<Simd>(args);
}

void scalarBinary(const ScalarBinaryArgs& args) {
    vector::scalarBinary<Simd>(args);
}

void swiGlu(const SwiGluArgs& args) {
    vector::swiGlu<Simd>(args);
}

void copy(const CopyArgs& args) {
    vector::copy<Simd>(args);
}

}  // namespace hostacl::kernels::avx2
