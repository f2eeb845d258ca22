// Arguments of scaled dot-product attention: encoder, prefill and decode, paged or not.
#pragma once

#include "view.h"

namespace hostacl::kernels {

/**
 * One sequence of an attention call. Pointers address its first row and head 0.
 * Key j is visible to query i when i + lowest <= j <= i + highest and the mask, if any, has 0 there.
 * No limits: lowest = -keyLength - queryLength, highest = keyLength. sparseMode 2: highest = 0.
 * sparseMode 3: highest = keyLength - queryLength. Band (4): highest = keyLength - queryLength + nextTokens,
 * lowest = keyLength - queryLength - preTokens.
 */
struct AttentionSequence {
    const void* query = nullptr;
    void* out = nullptr;
    const void* key = nullptr;        // not read when paged
    const void* value = nullptr;      // not read when paged
    const int32_t* blocks = nullptr;  // block table row; non-null: paged
    float* lse = nullptr;             // null: not wanted
    const uint8_t* mask = nullptr;    // null: none; 1 = hidden
    const void* shift = nullptr;      // null: none; pseShift, added after scaling, query's dtype
    int64_t queryLength = 0;
    int64_t keyLength = 0;
    int64_t lowest = 0;
    int64_t highest = 0;
};

/**
 * out[i, h] = sum_j softmax_j(scale * q[i, h] . k[j, h / (queryHeads / keyHeads)] + shift[h, i, j]) * v[j,
 * ...].
 *
 * q, k, v and out are fp16 or bf16 (fp32 also works). Strides count elements; the innermost dimension is
 * contiguous. Scores, softmax and sums are fp32; probabilities may be rounded to the input dtype before they
 * meet v, as on the device. A row without a visible key gives zeros, lse = +infinity. lse = log(sum_j
 * exp(score_j)).
 *
 * Paged: key j of a sequence is row j % blockSize of block blocks[j / blockSize], at
 * keyCache + block * keyBlockStride + row * keyRowStride + head * keyHeadStride (values alike).
 *
 * Returns false when a block id that is needed lies outside [0, blockCount): that sequence is not computed.
 *
 * Invariant, tested: within one kernel set the bits of an output row depend on its query row, the keys and
 * values visible to it and their positions alone: not on other sequences, nor on how queries are cut into
 * calls (chunked prefill equals whole prefill, decoding equals prefill), nor on paging, strides or the thread
 * count.
 */
struct AttentionArgs {
    int dtype = kBFloat16;
    int64_t queryHeads = 1, keyHeads = 1;  // queryHeads is a multiple of keyHeads
    int64_t headDim = 64;                  // of q and k
    int64_t valueDim = 64;                 // of v and out
    float scale = 1;

    int64_t queryRowStride = 0, queryHeadStride = 0;
    int64_t outRowStride = 0, outHeadStride = 0;
    int64_t keyRowStride = 0, keyHeadStride = 0;
    int64_t valueRowStride = 0, valueHeadStride = 0;
    int64_t lseRowStride = 0, lseHeadStride = 0;
    int64_t maskRowStride = 0, maskHeadStride = 0;    // columns contiguous
    int64_t shiftRowStride = 0, shiftHeadStride = 0;  // columns contiguous

    const void* keyCache = nullptr;  // paged only
    const void* valueCache = nullptr;
    int64_t blockSize = 0, blockCount = 0;
    int64_t keyBlockStride = 0, valueBlockStride = 0;

    int64_t sequenceCount = 0;
    const AttentionSequence* sequences = nullptr;
};

}  // namespace hostacl::kernels
