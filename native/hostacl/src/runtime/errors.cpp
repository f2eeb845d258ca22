#include "runtime/errors.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace hostacl {
namespace {

constexpr size_t kMessageLimit = 16 * 1024;

struct ThreadErrors {
    std::string pending;
    std::unique_ptr<char[]> handedOut;  // the pointer that aclGetRecentErrMsg returned last
    std::unique_ptr<char[]> poisoned;  // the one before, kept so that its memory is not a new message at once
    aclError last = ACL_SUCCESS;
};

ThreadErrors& threadErrors() {
    thread_local ThreadErrors errors;
    return errors;
}

bool isOperatorCode(aclError code) {
    return (code >= 161000 && code < 162000) || code == ACLNN_ERR_RUNTIME_ERROR ||
           (code >= 561000 && code < 562000);
}

}  // namespace

aclError fail(aclError code, const char* format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    ThreadErrors& errors = threadErrors();
    errors.last = code;
    char line[1152];
    std::snprintf(line, sizeof line, "%s: [%d] %s\n", isOperatorCode(code) ? "EZ1001" : "EE1001", code, text);
    errors.pending.insert(0, line);
    if (errors.pending.size() > kMessageLimit) errors.pending.resize(kMessageLimit);
    return code;
}

}  // namespace hostacl

using hostacl::threadErrors;

const char* aclGetRecentErrMsg() {
    auto& errors = threadErrors();
    // Whoever kept the previous pointer reads this instead of a stale but plausible message.
    if (errors.handedOut) std::memset(errors.handedOut.get(), '?', std::strlen(errors.handedOut.get()));
    errors.poisoned = std::move(errors.handedOut);
    if (errors.pending.empty()) return nullptr;
    errors.handedOut = std::make_unique<char[]>(errors.pending.size() + 1);
    std::memcpy(errors.handedOut.get(), errors.pending.c_str(), errors.pending.size() + 1);
    errors.pending.clear();
    return errors.handedOut.get();
}

aclError aclrtPeekAtLastError(aclrtLastErrLevel level) {
    if (level != ACL_RT_THREAD_LEVEL) return ACL_ERROR_RT_PARAM_INVALID;
    return threadErrors().last;
}

aclError aclrtGetLastError(aclrtLastErrLevel level) {
    if (level != ACL_RT_THREAD_LEVEL) return ACL_ERROR_RT_PARAM_INVALID;
    auto& errors = threadErrors();
    const aclError last = errors.last;
    errors.last = ACL_SUCCESS;
    return last;
}
