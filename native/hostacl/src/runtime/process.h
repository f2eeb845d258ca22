// The life of the process's AscendCL: aclInit to aclFinalize.
#pragma once

#include "acl_abi.h"

namespace hostacl {

/** 0, or 100001 (recorded) when the process has not called aclInit, or has finalised. */
aclError requireInitialized(const char* function);

}  // namespace hostacl
