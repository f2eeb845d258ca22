// The sequences of an attention call: where each begins, and how long it is.
#pragma once

#include <vector>

#include "aclnn/attention_layout.h"
#include "aclnn/attention_plan.h"

namespace hostacl {

/** One sequence, all positions known in phase 1; device addresses are added when it runs. */
struct Item {
    int64_t batch;     // item of the batch: which mask, shift and block table row
    int64_t queryRow;  // first row within the tensor (ragged layouts)
    int64_t keyRow;
    int64_t queryLength, keyLength;
};

struct Geometry {
    AttentionLayout query, out, key, value;
    std::vector<Item> items;
    bool paged = false, ragged = false;
    bool ignoresSparse = false;  // one query row per sequence: no causal limits
};

inline long long ll(int64_t value) {
    return static_cast<long long>(value);
}

/** Reads the key and value lists, or the paged caches, into the geometry. */
void readKeys(Plan& p, const AttentionCall& call, int64_t keyHeads, const std::string& layout, Geometry& g);

/** Reads the lengths of all sequences into the geometry: cumulative for ragged layouts, never with a block
 * table. */
void readItems(const Plan& p, const AttentionCall& call, Geometry& g);

}  // namespace hostacl
