// The second phase of every operator: all share one signature and one implementation.
#include "aclnn/executor.h"

#define HOSTACL_SECOND_PHASE(name, ...)                                                       \
    aclnnStatus aclnn##name(void* workspace, uint64_t workspaceSize, aclOpExecutor* executor, \
                            aclrtStream stream) {                                             \
        return hostacl::launch("aclnn" #name, workspace, workspaceSize, executor, stream);    \
    }

ACLNN_OPERATORS(HOSTACL_SECOND_PHASE)
