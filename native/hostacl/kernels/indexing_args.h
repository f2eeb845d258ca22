// Arguments of gathers, scatters, cache writes and rotary embeddings.
//
// Kernels that take indices return false when one lies outside its range. Rows with a bad index are left
// alone: the memory around a tensor is never touched. A device would fault (507035) or read other memory.
#pragma once

#include "view.h"

namespace hostacl::kernels {

/**
 * Embedding, IndexSelect, GatherV2: out = self with axis `dim` replaced by the axes of `index` (kInt32 or
 * kInt64, any rank; rank 0 drops the axis). out.rank = self.rank - 1 + index.rank; dtypes of self and out
 * equal.
 */
struct GatherArgs {
    View self, index, out;
    int dim = 0;
};

/** torch.gather: out[i, j, ...] = self[..., index[i, j, ...] on dim, ...]; index and out have equal dims. */
struct GatherElementsArgs {
    View self, index, out;
    int dim = 0;
};

/** InplaceIndexCopy: self[..., index[i], ...] = source[..., i, ...] on `dim`; later duplicates win. */
struct IndexCopyArgs {
    View self, index, source;  // index rank 0 or 1
    int dim = 0;
};

/**
 * InplaceScatterUpdate on `axis` != 0: for each i of updates' axis 0, the slab updates[i] is written to
 * data[i] from position indices[i] on `axis`. indices of rank 0 holds for every i; rank 2 rows are (axis-0
 * position, axis position).
 */
struct ScatterUpdateArgs {
    View data, indices, updates;
    int axis = 1;
};

/**
 * ScatterPaKvCache, for key or value: cache[slot / blockSize, slot % blockSize] = source[t], slot = slots[t].
 * source [T, N, D]; cache seen as [blocks, blockSize, N, D] (NHSD: by strides); slots [T] kInt32 or kInt64.
 */
struct CacheWriteArgs {
    View source, cache, slots;
};

/**
 * Rotary position embedding over the last axis: x, out [A, B, C, D] rank 4; cos, sin rank 4 broadcast to A,
 * B, C. The first `rotaryDim` elements turn, the rest are copied. Half (NeoX): out = x * cos + concat(-x2,
 * x1) * sin; interleaved: pairs (2i, 2i + 1). cos and sin rows hold rotaryDim elements, or rotaryDim / 2 when
 * `halfTables` (each then serves both members of its pair). With `positions` ([A] kInt32 or kInt64), row
 * positions[a] of cos / sin axis 0 is used in place of row a; false is returned when it is out of range. fp32
 * inside, rounded once. out may be x.
 */
struct RopeArgs {
    View x, cos, sin, out;
    View positions;  // data = null: none
    int64_t rotaryDim = 0;
    bool interleaved = false;
    bool halfTables = false;
};

}  // namespace hostacl::kernels
