// Where heads, rows and sequences of attention tensors lie, by layout name.
#pragma once

#include <string>

#include "aclnn/plan.h"

namespace hostacl {

/** Geometry of a query, key, value or output: sizes, and strides in elements. */
struct AttentionLayout {
    int64_t batch = 1;  // of TND: 1, sequences follow each other in `rows`
    int64_t rows = 0;   // S, or T of TND
    int64_t heads = 0;
    int64_t headSize = 0;
    int64_t batchStride = 0, rowStride = 0, headStride = 0;
    bool ragged = false;  // TND or NTD
};

/** The input and the output side of an inputLayout such as "BNSD_BSND". */
struct LayoutNames {
    std::string input, output;
};

/** Refuses layouts that A2 does not know. */
LayoutNames splitLayout(const Plan& p, const std::string& layout);

/** Reads a tensor of `heads` heads in one layout (BSH, BSND, BNSD, TND, NTD); refuses what does not fit. */
AttentionLayout readLayout(const Plan& p, const Argument& tensor, const std::string& layout, int64_t heads,
                           const char* what);

/** A paged cache, [blocks, blockSize, N * D] or [blocks, N, blockSize, D]; `batch` counts blocks, `rows` is
 * the block size. */
AttentionLayout readCache(const Plan& p, const Argument& cache, int64_t heads, const char* what);

}  // namespace hostacl
