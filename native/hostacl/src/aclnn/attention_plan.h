// What the attention operators of CANN have in common: one description, one set of rules, one computation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aclnn/plan.h"

namespace hostacl {

/** The arguments that FusedInferAttentionScore, PromptFlashAttention and IncreFlashAttention boil down to. */
struct AttentionCall {
    Argument query, out, lse;
    std::vector<Argument> keys, values;  // one for the whole batch, or one for each item
    Argument shift, mask, blockTable;
    const std::vector<int64_t>* queryLengths = nullptr;
    const std::vector<int64_t>* keyLengths = nullptr;
    int64_t heads = 0, keyHeads = 0;  // keyHeads 0: as many as heads
    double scale = 1;
    int64_t preTokens = INT32_MAX, nextTokens = INT32_MAX;
    std::string layout;
    int64_t sparseMode = 0, innerPrecise = 0, blockSize = 0;
    bool wantsLse = false;
};

/** Checks the call by the rules for A2 (ABI reference, section 4.10) and sets the plan's computation. */
void planAttention(Plan& p, const AttentionCall& call);

}  // namespace hostacl
