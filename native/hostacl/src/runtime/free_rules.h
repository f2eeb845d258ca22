// What may be freed, and when.
#pragma once

#include "acl_abi.h"
#include "runtime/allocations.h"

namespace hostacl {

/** Why `pointer` cannot be freed as memory of this kind (misuses 17, 18, 24), or 0. */
aclError refuseFree(const char* function, void* pointer, Allocation::Kind kind);

}  // namespace hostacl
