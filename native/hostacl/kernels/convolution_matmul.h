// The 1-D convolution as a matrix product over gathered patches.
#pragma once

#include "kernels.h"

namespace hostacl::kernels {

/** Convolution with `matmul` of some kernel set doing the sums; small groups go to the scalar kernel. */
void convolutionByMatmul(const ConvolutionArgs& args, void (*matmul)(const MatmulArgs&));

}  // namespace hostacl::kernels
