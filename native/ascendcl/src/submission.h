// Puts the steps of a program on a stream.
#pragma once

#include <functional>

#include "run.h"

namespace ascendcl {

/** Where steps go. */
struct Target {
    aclrtStream stream;
    Workspace* workspace;
    std::byte* staging;  // null when the run transfers nothing
    const StagingLayout* layout;
};

/** Called around each operator of a capture; see graph.cpp. */
using OperatorHook = std::function<void(size_t stepIndex, const std::function<void()>& submit)>;

/**
 * Submits all steps in order. Stops early, without a failure, once the run is cancelled. A `Failure` that
 * leaves has the step's index and tensors.
 */
void submitSteps(Run& run, const Target& target, const OperatorHook& hook = nullptr);

}  // namespace ascendcl
