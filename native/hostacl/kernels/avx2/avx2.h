// Kernels for AVX2 with FMA and F16C.
#pragma once

#include "../kernels.h"

namespace hostacl::kernels::avx2 {

void matmul(const MatmulArgs&);
void layerNorm(const LayerNormArgs&);
void rmsNorm(const RmsNormArgs&);
void softmax(const SoftmaxArgs&);
void unary(const UnaryArgs&);
void binary(const BinaryArgs&);
void scalarBinary(const ScalarBinaryArgs&);
void swiGlu(const SwiGluArgs&);
void copy(const CopyArgs&);
bool rope(const RopeArgs&);
bool attention(const AttentionArgs&);

}  // namespace hostacl::kernels::avx2
