// The kernel sets of x86-64. Built without instruction-set flags: this code runs on every machine.
#pragma once

#include "kernels.h"

namespace hostacl::kernels {

KernelSet avx2Set();
KernelSet avx512Set();
/** The AVX-512 set with bf16 matrix products and attention on AMX tiles. */
KernelSet amxSet();

}  // namespace hostacl::kernels
