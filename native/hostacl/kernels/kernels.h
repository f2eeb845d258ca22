// The interface of the compute kernels: one table of functions per instruction set, chosen at run time.
//
// Kernels are pure: they read and write only what their arguments name, keep no state but scratch memory, and
// leave the caller's MXCSR alone. Arguments are trusted (phase 1 has validated them); only run-time indices
// are checked. Empty tensors are allowed everywhere and do nothing.
#pragma once

#include <cstdint>

#include "attention_args.h"
#include "elementwise_args.h"
#include "indexing_args.h"
#include "matmul_args.h"
#include "reduction_args.h"
#include "view.h"

namespace hostacl::kernels {

/** Every operator family. No entry is null: a vector set borrows from the scalar set what it does not
 * improve. */
struct KernelSet {
    const char* name;  // "scalar", "avx2", "avx512", "amx", "neon"

    void (*matmul)(const MatmulArgs&);
    void (*convolution)(const ConvolutionArgs&);
    bool (*attention)(const AttentionArgs&);

    void (*layerNorm)(const LayerNormArgs&);
    void (*rmsNorm)(const RmsNormArgs&);
    void (*softmax)(const SoftmaxArgs&);
    void (*reduce)(const ReduceArgs&);
    void (*cumsum)(const CumsumArgs&);
    void (*argMax)(const ArgMaxArgs&);
    void (*topK)(const TopKArgs&);

    void (*unary)(const UnaryArgs&);
    void (*binary)(const BinaryArgs&);
    void (*scalarBinary)(const ScalarBinaryArgs&);
    void (*swiGlu)(const SwiGluArgs&);
    void (*copy)(const CopyArgs&);
    void (*fill)(const FillArgs&);
    void (*maskedFill)(const MaskedFillArgs&);
    void (*where)(const WhereArgs&);
    void (*arange)(const ArangeArgs&);
    void (*int4Pack)(const Int4PackArgs&);

    bool (*gather)(const GatherArgs&);
    bool (*gatherElements)(const GatherElementsArgs&);
    bool (*indexCopy)(const IndexCopyArgs&);
    bool (*scatterUpdate)(const ScatterUpdateArgs&);
    bool (*cacheWrite)(const CacheWriteArgs&);
    bool (*rope)(const RopeArgs&);
};

/**
 * The set in use: first the one named by HOSTACL_ISA, or without it the best that this machine runs (amx,
 * avx512, avx2, neon, scalar); later the one that `select` named. "amx" is avx512 with bf16 products on AMX
 * tiles. While HOSTACL_ISA names no usable set, the best one stands in; aclInit refuses such a name.
 */
const KernelSet& active();
/** The set of that name, or null when it was not built or this machine cannot run it. */
const KernelSet* byName(const char* name);
/** Makes the named set active for later calls of `active`; false (and no change) when `byName` gives null. */
bool select(const char* name);
/** The value of HOSTACL_ISA when `byName` gives null for it; null when it is usable, unset or empty. */
const char* unusableName();
/** Names that `byName` accepts on this machine, best first, comma-separated. */
const char* availableNames();

/** Body of a parallel loop over [begin, end). */
using LoopBody = void (*)(void* context, int64_t begin, int64_t end);

/**
 * Calls `body` on disjoint ranges that cover [0, count), of at least `grain` items each (but the last), on
 * the calling thread and its device's workers; returns when all are done. Defined by the runtime. It must run
 * inline when called from inside a body, and when the thread belongs to no device. Bodies do not throw.
 */
void parallelFor(int64_t count, int64_t grain, LoopBody body, void* context);
/** How many threads `parallelFor` uses at most when called on this thread; at least 1. Defined by the
 * runtime. */
int64_t parallelWidth();

}  // namespace hostacl::kernels
