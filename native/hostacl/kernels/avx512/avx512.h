// Kernels for AVX-512 (F, BW, VL, DQ) and, for bf16 products, AMX tiles.
#pragma once

#include "../kernels.h"

namespace hostacl::kernels::avx512 {

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

}  // namespace hostacl::kernels::avx512

namespace hostacl::kernels::amx {

/** Asks the kernel for the tile state; true when this process may use AMX-bf16. */
bool available();

void matmul(const MatmulArgs&);
bool attention(const AttentionArgs&);

}  // namespace hostacl::kernels::amx
