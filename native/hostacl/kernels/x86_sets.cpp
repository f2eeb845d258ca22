#include "x86_sets.h"

#if defined(__x86_64__)

#include "avx2/avx2.h"
#include "avx512/avx512.h"
#include "convolution_matmul.h"
#include "scalar/scalar.h"

namespace hostacl::kernels {

KernelSet avx2Set() {
    KernelSet set = scalar::kSet;
    set.name = "avx2";
    set.matmul = avx2::matmul;
    set.convolution = [](const ConvolutionArgs& args) { convolutionByMatmul(args, avx2::matmul); };
    set.attention = avx2::attention;
    set.layerNorm = avx2::layerNorm;
    set.rmsNorm = avx2::rmsNorm;
    set.softmax = avx2::softmax;
    set.unary = avx2::unary;
    set.binary = avx2::binary;
    set.scalarBinary = avx2::scalarBinary;
    set.swiGlu = avx2::swiGlu;
    set.copy = avx2::copy;
    set.rope = avx2::rope;
    return set;
}

KernelSet avx512Set() {
    KernelSet set = scalar::kSet;
    set.name = "avx512";
    set.matmul = avx512::matmul;
    set.convolution = [](const ConvolutionArgs& args) { convolutionByMatmul(args, avx512::matmul); };
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
    set.convolution = [](const ConvolutionArgs& args) { convolutionByMatmul(args, amx::matmul); };
    set.attention = amx::attention;
    return set;
}

}  // namespace hostacl::kernels

#endif
