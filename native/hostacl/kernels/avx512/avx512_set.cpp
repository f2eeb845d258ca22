#include "../scalar/scalar.h"
#include "avx512.h"

namespace hostacl::kernels {
namespace avx512 {

KernelSet kernelSet() {
    KernelSet set = scalar::kSet;
    set.name = "avx512";
    set.matmul = matmul;
    return set;
}

}  // namespace avx512

namespace amx {

KernelSet kernelSet() {
    KernelSet set = avx512::kernelSet();
    set.name = "amx";
    set.matmul = matmul;
    return set;
}

}  // namespace amx
}  // namespace hostacl::kernels
