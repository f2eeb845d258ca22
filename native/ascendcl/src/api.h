// The opened AscendCL libraries: a table of their functions, filled by dlsym once a process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "acl_abi.h"
#include "failure.h"
#include "hostacl.h"
#include "trace.h"

namespace ascendcl {

/** Functions of the runtime and of aclnn's common part; a pointer is null when the libraries lack it. */
struct Api {
#define API_FIELD(ret, name, params) ret(*name) params = nullptr;
    ACL_FUNCTIONS(API_FIELD)
#undef API_FIELD
    // Only libhostacl has these.
    decltype(&hostaclGetStats) hostGetStats = nullptr;
    decltype(&hostaclInjectFault) hostInjectFault = nullptr;
    decltype(&hostaclGetIsa) hostGetIsa = nullptr;
    decltype(&hostaclSetIsa) hostSetIsa = nullptr;
    decltype(&hostaclLastMisuse) hostLastMisuse = nullptr;
    decltype(&hostaclClearMisuse) hostClearMisuse = nullptr;

    bool host() const { return hostGetStats != nullptr; }
};

/** The table of this process. Its pointers are null until `openLibraries` has succeeded. */
Api& api();

/**
 * Opens the libraries in order and fills the table. A second call with the same names does nothing, with
 * others it fails: one implementation a process. Throws `Failure` (kLibraryMissing, kSymbolMissing) and
 * closes what it opened.
 */
void openLibraries(const std::vector<std::string>& runtime, const std::vector<std::string>& operators);

/** Forgets libraries that did not initialise, so that others may be tried. */
void closeLibraries();

/** A symbol of the opened libraries, null when absent. */
void* findSymbol(const char* name);

/** The files behind the opened libraries. */
std::vector<std::string> openedFiles();

/** The text of aclGetRecentErrMsg on this thread, empty when there is none. Clears it. */
std::string recentMessage();

/** Fails with the function's name, its code and the thread's message. */
[[noreturn]] void fail(const char* function, int code);
[[noreturn]] void failMissing(const char* function);

/** Calls a function that answers a code and throws `Failure` when it is not 0. Use through ACL_CALL. */
template <class... Parameters, class... Arguments>
void checkedCall(const char* name, int (*function)(Parameters...), Arguments&&... arguments) {
    if (function == nullptr) failMissing(name);
    const int code = function(std::forward<Arguments>(arguments)...);
    if (tracing()) traceCall(name, code);
    if (code != 0) fail(name, code);
}

/** ACL_CALL(aclrtMalloc, &p, bytes, policy): the call, checked and traced. */
#define ACL_CALL(name, ...) ::ascendcl::checkedCall(#name, ::ascendcl::api().name __VA_OPT__(, ) __VA_ARGS__)

/** The same for clean-up: the answer is traced and otherwise ignored, since nothing could be done about it.
 */
template <class... Parameters, class... Arguments>
void quietCall(const char* name, int (*function)(Parameters...), Arguments&&... arguments) {
    if (function == nullptr) return;
    const int code = function(std::forward<Arguments>(arguments)...);
    if (tracing()) traceCall(name, code);
    if (code != 0) recentMessage();
}
#define ACL_QUIET(name, ...) ::ascendcl::quietCall(#name, ::ascendcl::api().name __VA_OPT__(, ) __VA_ARGS__)

}  // namespace ascendcl
