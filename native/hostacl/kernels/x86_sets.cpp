#include "x86_sets.h"

#if defined(__x86_64__)

#include "avx512/avx512.h"
#include "scalar/scalar.h"

namespace hostacl::kernels {

KernelSet avx512Set() {
    KernelSet set = scalar::kSet;
    set.name = "avx512";
    set.matmul = avx512::matmul;
    set.attention = avx512::attention;
    set.layerNorm = avx512::layerNorm;
    set.rmsNorm = avx512::rmsNorm;
    set.softmax = avx512::softmax;
    set.unary = avx512::unary;
    set.binary = avx512::binary;
    set.scalarBinary = avx512::scalarBinary;
    set.swiGlu = avx512::swiGlu;
    set.copy = avx512::copy;
    set.rope = avx512::rope;
    return set;
}

KernelSet amxSet() {
    KernelSet set = avx512Set();
    set.name = "amx";
    set.matmul = amx::matmul;
    set.attention = amx::attention;
    return set;
}

}  // namespace hostacl::kernels

#endif
