// Sparse modes and masks of attention: what each query row may see.
#pragma once

#include <utility>

#include "aclnn/attention_items.h"

namespace hostacl {

enum SparseMode : int64_t { kDefaultMask = 0, kAllMask = 1, kLeftTop = 2, kRightBottom = 3, kBand = 4 };

/** Strides of a full mask over (batch, query row); the columns are contiguous. */
struct MaskStrides {
    int64_t batch = 0, row = 0;
};

/** Refuses unless the mask of sparse modes 2 to 4 has the fixed shape 2048 x 2048. */
void requireFixedMask(const Plan& p, const AttentionCall& call);

/** Reads a full mask; refuses shapes that do not cover the batch, the query rows and `keyRows` keys. */
MaskStrides fullMask(const Plan& p, const AttentionCall& call, const Geometry& g, int64_t keyRows);

/** Checked mode: false when the fixed mask is not the upper triangle of ones (its sense is easily turned
 * round). */
bool fixedMaskIsRight(const kernels::View& mask);

/** The limits lowest and highest of kernels::AttentionSequence for one item. */
std::pair<int64_t, int64_t> limits(const AttentionCall& call, const Geometry& g, const Item& item);

}  // namespace hostacl
