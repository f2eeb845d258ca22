// aclOpExecutor: what phase 1 prepared and phase 2 launches.
#pragma once

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "aclnn/objects.h"
#include "aclnn/op_task.h"

struct aclOpExecutor : hostacl::Object {
    aclOpExecutor() : Object(hostacl::kExecutor) {}

    std::shared_ptr<hostacl::OpTask> task;  // the prototype: launched as it is, or copied when repeatable
    uint64_t workspaceSize = 0;
    int deviceId = 0;
    std::thread::id thread;
    bool repeatable = false;
    bool launched = false;
    const char* notRepeatable = nullptr;  // why aclSetAclOpExecutorRepeatable is refused, or null

    // Checked mode: the objects that must live until phase 2, by address and serial.
    std::vector<std::pair<const void*, uint64_t>> arguments;
};

namespace hostacl {

/** The second phase of every operator. */
aclnnStatus launch(const char* name, void* workspace, uint64_t workspaceSize, aclOpExecutor* executor,
                   aclrtStream stream);

/** Ends an executor. */
void endExecutor(aclOpExecutor* executor);

}  // namespace hostacl
