#include "../convolution_matmul.h"
#include "../scalar/scalar.h"
#include "neon.h"

namespace hostacl::kernels::neon {

KernelSet kernelSet() {
    KernelSet set = scalar::kSet;
    set.name = "neon";
    set.matmul = matmul;
    set.convolution = [](const ConvolutionArgs& args) { convolutionByMatmul(args, matmul); };
    set.attention = attention;
    set.layerNorm = layerNorm;
    set.rmsNorm = rmsNorm;
    set.softmax = softmax;
    set.unary = unary;
    set.binary = binary;
    set.scalarBinary = scalarBinary;
    set.swiGlu = swiGlu;
    set.copy = copy;
    set.rope = rope;
    return set;
}

}  // namespace hostacl::kernels::neon
