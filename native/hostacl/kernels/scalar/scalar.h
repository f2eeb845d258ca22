// The reference kernels: plain loops that a reader can check against the formulas in the argument headers.
#pragma once

#include "../kernels.h"

namespace hostacl::kernels::scalar {

extern const KernelSet kSet;

void matmul(const MatmulArgs&);
void convolution(const ConvolutionArgs&);
bool attention(const AttentionArgs&);
void layerNorm(const LayerNormArgs&);
void rmsNorm(const RmsNormArgs&);
void softmax(const SoftmaxArgs&);
void reduce(const ReduceArgs&);
void cumsum(const CumsumArgs&);
void argMax(const ArgMaxArgs&);
void topK(const TopKArgs&);
void unary(const UnaryArgs&);
void binary(const BinaryArgs&);
void scalarBinary(const ScalarBinaryArgs&);
void swiGlu(const SwiGluArgs&);
void copy(const CopyArgs&);
void fill(const FillArgs&);
void maskedFill(const MaskedFillArgs&);
void where(const WhereArgs&);
void arange(const ArangeArgs&);
void int4Pack(const Int4PackArgs&);
bool gather(const GatherArgs&);
bool gatherElements(const GatherElementsArgs&);
bool indexCopy(const IndexCopyArgs&);
bool scatterUpdate(const ScatterUpdateArgs&);
bool cacheWrite(const CacheWriteArgs&);
bool rope(const RopeArgs&);

}  // namespace hostacl::kernels::scalar
