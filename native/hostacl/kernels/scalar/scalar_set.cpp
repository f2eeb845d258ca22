#include "scalar.h"

namespace hostacl::kernels::scalar {

const KernelSet kSet = {
    .name = "scalar",
    .matmul = matmul,
    .convolution = convolution,
    .attention = attention,
    .layerNorm = layerNorm,
    .rmsNorm = rmsNorm,
    .softmax = softmax,
    .reduce = reduce,
    .cumsum = cumsum,
    .argMax = argMax,
    .topK = topK,
    .unary = unary,
    .binary = binary,
    .scalarBinary = scalarBinary,
    .swiGlu = swiGlu,
    .copy = copy,
    .fill = fill,
    .maskedFill = maskedFill,
    .where = where,
    .arange = arange,
    .int4Pack = int4Pack,
    .gather = gather,
    .gatherElements = gatherElements,
    .indexCopy = indexCopy,
    .scatterUpdate = scatterUpdate,
    .cacheWrite = cacheWrite,
    .rope = rope,
};

}  // namespace hostacl::kernels::scalar
