// The AscendCL and aclnn C ABI as used by this project: types, codes and prototypes, without CANN headers.
//
// To build a table of function pointers from dlsym, expand the same lists that declare the prototypes:
//   #define FIELD(ret, name, params) ret (*name) params;
//   struct Api { ACL_FUNCTIONS(FIELD) };
// and ACLNN_OPERATORS for the operators (see acl_operators.h).
#pragma once

#include "acl_errors.h"
#include "acl_operators.h"
#include "acl_runtime.h"
#include "acl_types.h"

#if defined(HOSTACL_BUILD)
#define ACL_API __attribute__((visibility("default")))
#else
#define ACL_API
#endif

// The signature of every operator's second phase.
typedef aclnnStatus (*aclnnSecondPhase)(void* workspace, uint64_t workspaceSize, aclOpExecutor* executor,
                                        aclrtStream stream);

#ifdef __cplusplus
extern "C" {
#endif

#define ACL_DECLARE_FUNCTION(ret, name, params) ACL_API ret name params;
ACL_FUNCTIONS(ACL_DECLARE_FUNCTION)
#undef ACL_DECLARE_FUNCTION

#define ACL_DECLARE_OPERATOR(name, ...)                                                               \
    ACL_API aclnnStatus aclnn##name##GetWorkspaceSize(__VA_ARGS__, uint64_t* workspaceSize,           \
                                                      aclOpExecutor** executor);                      \
    ACL_API aclnnStatus aclnn##name(void* workspace, uint64_t workspaceSize, aclOpExecutor* executor, \
                                    aclrtStream stream);
ACLNN_OPERATORS(ACL_DECLARE_OPERATOR)
#undef ACL_DECLARE_OPERATOR

#ifdef __cplusplus
}
#endif
