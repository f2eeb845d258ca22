// Error codes and messages of the calling thread (aclGetRecentErrMsg, aclrtGetLastError).
#pragma once

#include "acl_abi.h"

namespace hostacl {

/**
 * Remembers `code` and a message for the calling thread and returns `code`. Messages say what was expected,
 * what came and what to do; they are stacked, newest first, until aclGetRecentErrMsg takes them.
 */
[[gnu::format(printf, 2, 3)]] aclError fail(aclError code, const char* format, ...);

}  // namespace hostacl
