#include "x86_sets.h"

#if defined(__x86_64__)

#include "avx512/avx512.h"
#include "scalar/scalar.h"

namespace hostacl::kernels {

KernelSet avx512Set() {
    KernelSet set = scalar::kSet;
    set.name = "avx512";
    set.matmul = avx512::matmul;
    return set;
}

KernelSet amxSet() {
    KernelSet set = avx512Set();
    set.name = "amx";
    set.matmul = amx::matmul;
    return set;
}

}  // namespace hostacl::kernels

#endif
